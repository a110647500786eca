import { css } from '@emotion/css';
import { Alert, Button, Field, Input, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { useState, type FormEvent, type ReactNode } from 'react';
import { toApiError, type ApiError } from '../api/errors';
import { t } from '../i18n';
import { CancelButton } from './CancelButton';
import { Dialog } from './Dialog';

/** One thing that a dialog can do. */
export interface Act {
  text: string;
  /** Does it; what it rejects with is shown. */
  run: () => Promise<void>;
}

interface Props {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** What must be typed before anything can be done; without it, nothing. */
  typed?: string;
  /** Something that must be shown first is still being read: nothing can be done yet. */
  waiting?: boolean;
  /** Says that it was not done, when it failed. */
  failed: string;
  /** What can be done. The first is what Enter does. */
  acts: [Act, ...Act[]];
  onCancel: () => void;
}

/** Asks before something is done that cannot be undone. */
export const ConfirmDialog = ({ title, children, typed: expected, waiting = false, failed, acts, onCancel }: Props) => {
  const styles = useStyles2(getStyles);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const ready = (expected === undefined || typed.trim() === expected) && !busy && !waiting;
  const [first, ...others] = acts;

  const run = async (act: Act) => {
    if (!ready) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await act.run();
    } catch (reason) {
      setFailure(toApiError(reason));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run(first);
  };

  return (
    <Dialog title={title} width={560} onDismiss={onCancel}>
      <form onSubmit={submit} noValidate>
        {children}
        {failure && (
          <Alert severity="error" title={failed}>
            {failure.message}
          </Alert>
        )}
        {expected !== undefined && (
          <Field
            htmlFor="confirm-name"
            label={t('end.type-name', 'Type the name, {{name}}, to confirm', { name: expected })}
            className={styles.field}
          >
            <Input
              id="confirm-name"
              autoFocus
              autoComplete="off"
              value={typed}
              onChange={(e) => setTyped(e.currentTarget.value)}
            />
          </Field>
        )}
        <Modal.ButtonRow>
          <Stack gap={2} wrap="wrap" justifyContent="flex-end">
            <CancelButton onCancel={onCancel} />
            {others.map((act) => (
              <Button
                key={act.text}
                type="button"
                variant="destructive"
                fill="outline"
                disabled={!ready}
                onClick={() => run(act)}
              >
                {act.text}
              </Button>
            ))}
            <Button type="submit" variant="destructive" disabled={!ready}>
              {first.text}
            </Button>
          </Stack>
        </Modal.ButtonRow>
      </form>
    </Dialog>
  );
};

const getStyles = () => ({
  field: css({ label: { overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' } }),
});
