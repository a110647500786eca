import { Button, Dropdown, Menu } from '@grafana/ui';
import React, { lazy, Suspense, useState } from 'react';
import type { KeyQuery } from '../api/types';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { keysAsCsv, keysAsJson, readAll } from './exportKeys';
import { useExport } from './useExport';

const ImportDialog = lazy(async () => ({ default: (await import('./ImportDialog')).ImportDialog }));

interface Props {
  filter: KeyQuery;
  /** Called when keys were taken over. */
  onImported: () => void;
}

/**
 * Hands all keys that match over as a file, which holds no token: there is none to be had. And takes keys of other
 * systems over.
 */
export const ExportMenu = ({ filter, onImported }: Props) => {
  const [importing, setImporting] = useState(false);
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
      <Menu.Item icon="plus" label={t('import.title', 'Import keys')} onClick={afterMenu(() => setImporting(true))} />
    </Menu>
  );
  return (
    <>
      <Dropdown overlay={menu} placement="bottom-end">
        <Button variant="secondary" fill="outline" icon="download-alt">
          {t('export.or-import', 'Export, import')}
        </Button>
      </Dropdown>
      {importing && (
        <Suspense fallback={null}>
          <ImportDialog
            onClose={(changed) => {
              setImporting(false);
              if (changed) {
                onImported();
              }
            }}
          />
        </Suspense>
      )}
    </>
  );
};
