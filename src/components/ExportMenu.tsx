import { Dropdown, Menu } from '@grafana/ui';
import React from 'react';
import type { KeyQuery } from '../api/types';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { keysAsCsv, keysAsJson, readAll } from './exportKeys';
import { HeadButton } from './HeadButton';
import { useExport } from './useExport';

interface Props {
  filter: KeyQuery;
  /** Takes keys of other systems over. */
  onImport: () => void;
}

/**
 * Hands all keys that match over as a file, which holds no token: there is none to be had. And leads to the
 * import of other systems' keys.
 */
export const ExportMenu = ({ filter, onImport }: Props) => {
  const { save, running } = useExport({
    name: 'ostiary-keys',
    failed: t('export.failed', 'The keys were not exported'),
    read: (progress, signal) => readAll(filter, progress, signal),
    write: { csv: keysAsCsv, json: keysAsJson },
  });
  if (running) {
    return running;
  }
  const menu = (
    <Menu ariaLabel={t('export.or-import', 'Export, import')}>
      <Menu.Item label={t('export.csv', 'As CSV')} onClick={() => save('csv')} />
      <Menu.Item label={t('export.json', 'As JSON')} onClick={() => save('json')} />
      <Menu.Divider />
      <Menu.Item icon="plus" label={t('import.title', 'Import keys')} onClick={afterMenu(onImport)} />
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <HeadButton icon="download-alt" text={t('export.or-import', 'Export, import')} />
    </Dropdown>
  );
};
