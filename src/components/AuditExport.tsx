import { Button, Dropdown, Menu } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import { toApiError } from '../api/errors';
import type { AuditQuery } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { readTrail, trailAsCsv, trailAsJson } from './exportAudit';
import { download } from './tokenFile';
import { notifyFailure } from './notify';

/** Hands the entries that match over as a file. */
export const AuditExport = ({ query }: { query: AuditQuery }) => {
  const [read, setRead] = useState<number>();
  const abort = useRef<AbortController>();
  useEffect(() => () => abort.current?.abort(), []);

  const save = async (format: 'csv' | 'json') => {
    const control = new AbortController();
    abort.current = control;
    setRead(0);
    try {
      const entries = await readTrail(query, setRead, control.signal);
      const text = format === 'csv' ? trailAsCsv(entries) : trailAsJson(entries);
      download(`ostiary-audit.${format}`, text, format === 'csv' ? 'text/csv' : 'application/json');
    } catch (reason) {
      if (!control.signal.aborted) {
        notifyFailure(t('audit.export-failed', 'The trail was not exported'), toApiError(reason).message);
      }
    }
    if (abort.current === control) {
      setRead(undefined);
    }
  };
  if (read !== undefined) {
    return (
      <Button
        variant="secondary"
        fill="outline"
        icon="times"
        onClick={() => {
          abort.current?.abort();
          setRead(undefined);
        }}
      >
        {t('export.running', 'Stop the export at {{n}}', { n: count(read) })}
      </Button>
    );
  }
  const menu = (
    <Menu ariaLabel={t('export.title', 'Export')}>
      <Menu.Item label={t('export.csv', 'As CSV')} onClick={() => save('csv')} />
      <Menu.Item label={t('export.json', 'As JSON')} onClick={() => save('json')} />
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <Button variant="secondary" fill="outline" icon="download-alt">
        {t('export.title', 'Export')}
      </Button>
    </Dropdown>
  );
};
