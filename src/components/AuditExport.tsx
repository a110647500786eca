import { Dropdown, Menu } from '@grafana/ui';
import React from 'react';
import type { AuditQuery } from '../api/types';
import { t } from '../i18n';
import { readTrail, trailAsCsv, trailAsJson } from './exportAudit';
import { HeadButton } from './HeadButton';
import { useExport } from './useExport';

/** Hands the entries that match over as a file. */
export const AuditExport = ({ query }: { query: AuditQuery }) => {
  const { save, running } = useExport({
    name: 'ostiary-audit',
    failed: t('audit.export-failed', 'The trail was not exported'),
    read: (progress, signal) => readTrail(query, progress, signal),
    write: { csv: trailAsCsv, json: trailAsJson },
  });
  if (running) {
    return running;
  }
  const menu = (
    <Menu ariaLabel={t('export.title', 'Export')}>
      <Menu.Item label={t('export.csv', 'As CSV')} onClick={() => save('csv')} />
      <Menu.Item label={t('export.json', 'As JSON')} onClick={() => save('json')} />
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <HeadButton icon="download-alt" text={t('export.title', 'Export')} />
    </Dropdown>
  );
};
