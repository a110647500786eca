import { Button, Dropdown, Menu } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import { toApiError } from '../api/errors';
import type { KeyQuery } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { keysAsCsv, keysAsJson, readAll } from './exportKeys';
import { notifyFailure } from './notify';
import { download } from './tokenFile';

/** Hands all keys that match over as a file. It holds no token: there is none to be had. */
export const ExportMenu = ({ filter }: { filter: KeyQuery }) => {
  const [read, setRead] = useState<number>();
  const abort = useRef<AbortController>();
  useEffect(() => () => abort.current?.abort(), []);

  const save = async (format: 'csv' | 'json') => {
    const control = new AbortController();
    abort.current = control;
    setRead(0);
    try {
      const keys = await readAll(filter, setRead, control.signal);
      const text = format === 'csv' ? keysAsCsv(keys) : keysAsJson(keys);
      download(`ostiary-keys.${format}`, text, format === 'csv' ? 'text/csv' : 'application/json');
    } catch (reason) {
      if (!control.signal.aborted) {
        notifyFailure(t('export.failed', 'The keys were not exported'), toApiError(reason).message);
      }
    }
    if (!control.signal.aborted) {
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
