import { Button } from '@grafana/ui';
import React, { useEffect, useRef, useState, type ReactElement } from 'react';
import { toApiError } from '../api/errors';
import { count } from '../format';
import { t } from '../i18n';
import { notifyFailure } from './notify';
import { download } from './tokenFile';

export type Format = 'csv' | 'json';

interface Export<Row> {
  /** Of the file, without its extension. */
  name: string;
  /** What is said when it did not succeed. */
  failed: string;
  /** Reads all rows, and says how many it has so far. */
  read: (progress: (rows: number) => void, signal: AbortSignal) => Promise<Row[]>;
  write: Record<Format, (rows: Row[]) => string>;
}

/** Hands rows over as a file. While they are read, running is the button that stops that. */
export const useExport = <Row,>({ name, failed, read, write }: Export<Row>) => {
  const [rows, setRows] = useState<number>();
  const abort = useRef<AbortController>();
  useEffect(() => () => abort.current?.abort(), []);

  const save = async (format: Format) => {
    const control = new AbortController();
    abort.current = control;
    setRows(0);
    try {
      const text = write[format](await read(setRows, control.signal));
      download(`${name}.${format}`, text, format === 'csv' ? 'text/csv' : 'application/json');
    } catch (reason) {
      if (!control.signal.aborted) {
        notifyFailure(failed, toApiError(reason).message);
      }
    }
    if (!control.signal.aborted) {
      setRows(undefined);
    }
  };
  const stop = () => {
    abort.current?.abort();
    setRows(undefined);
  };
  const running: ReactElement | undefined =
    rows === undefined ? undefined : (
      <Button variant="secondary" fill="outline" icon="times" onClick={stop}>
        {t('export.running', 'Stop the export at {{n}}', { n: count(rows) })}
      </Button>
    );
  return { save, running };
};
