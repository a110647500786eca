import { Button, Dropdown, Menu } from '@grafana/ui';
import React, { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { toApiError } from '../api/errors';
import type { KeyQuery } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { keysAsCsv, keysAsJson, readAll } from './exportKeys';
import { notifyFailure } from './notify';
import { download } from './tokenFile';

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
