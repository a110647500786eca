import { css } from '@emotion/css';
import { Alert, Button, Field, Input, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Key } from '../api/types';
import { exactTime, relativeTime } from '../format';
import { t } from '../i18n';

interface Props {
  target: Key;
  /** Revoked keys stay in the list and say why they are refused; deleted ones are gone. */
  how: 'revoke' | 'delete';
  onDone: () => void;
  onCancel: () => void;
}

/** Ends a key for good, once its name was typed. */
export const EndKeyDialog = ({ target, how, onDone, onCancel }: Props) => {
  const styles = useStyles2(getStyles);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const words = wording(how, target);
  const confirmed = typed.trim() === target.name;

  const end = async (event: FormEvent) => {
    event.preventDefault();
    if (!confirmed || busy) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await (how === 'revoke' ? api.revokeKey(target.id) : api.deleteKey(target.id));
      onDone();
    } catch (reason) {
      setFailure(toApiError(reason));
      setBusy(false);
    }
  };

  return (
    <Modal isOpen title={words.title} onDismiss={onCancel} closeOnBackdropClick={false} className={styles.modal}>
      <form onSubmit={end} noValidate>
        <p>{words.consequence}</p>
        <p>{lastUse(target)}</p>
        {failure && (
          <Alert severity="error" title={words.failed}>
            {failure.message}
          </Alert>
        )}
        <Field
          htmlFor="confirm-name"
          label={t('end.type-name', 'Type the name, {{name}}, to confirm', { name: target.name })}
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
        <Modal.ButtonRow>
          <Stack gap={2}>
            <Button type="button" variant="secondary" fill="outline" onClick={onCancel}>
              {t('common.cancel', 'Cancel')}
            </Button>
            <Button type="submit" variant="destructive" disabled={!confirmed || busy}>
              {words.button}
            </Button>
          </Stack>
        </Modal.ButtonRow>
      </form>
    </Modal>
  );
};

function wording(how: Props['how'], { name, state }: Key) {
  const works = state === 'active';
  return how === 'revoke'
    ? {
        title: t('revoke.title', 'Revoke {{name}}', { name }),
        consequence: works
          ? t(
              'revoke.consequence',
              'Everything that uses this key is refused from the next request on. This cannot be undone.'
            )
          : t(
              'revoke.consequence-unused',
              'The key is refused already. Revoking it makes that final; this cannot be undone.'
            ),
        failed: t('revoke.failed', 'The key was not revoked'),
        button: t('revoke.button', 'Revoke key'),
      }
    : {
        title: t('delete.title', 'Delete {{name}}', { name }),
        consequence: works
          ? t(
              'delete.consequence',
              'Everything that uses this key is refused from the next request on, and the key leaves the list. The audit trail stays. This cannot be undone.'
            )
          : t('delete.consequence-unused', 'The key leaves the list. The audit trail stays. This cannot be undone.'),
        failed: t('delete.failed', 'The key was not deleted'),
        button: t('delete.button', 'Delete key'),
      };
}

function lastUse({ lastUsedAt, lastUsedFrom }: Key): string {
  if (!lastUsedAt) {
    return t('end.never-used', 'It was never used.');
  }
  const values = { relative: relativeTime(lastUsedAt), exact: exactTime(lastUsedAt), from: lastUsedFrom };
  return lastUsedFrom
    ? t('end.last-used-from', 'It was last used {{relative}} ({{exact}}), from {{from}}.', values)
    : t('end.last-used', 'It was last used {{relative}} ({{exact}}).', values);
}

const getStyles = () => ({
  modal: css({ width: 'min(560px, calc(100vw - 32px))' }),
  field: css({ label: { overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' } }),
});
