import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Field, Input, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Key } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { Dialog } from './Dialog';
import { changeAll, type BulkAction, type BulkProgress } from './bulk';

interface Props {
  action: BulkAction;
  keys: Key[];
  /** Called when the dialog closes; says which keys were not changed, and whether any was. */
  onClose: (result: { failed: Key[]; changed: boolean }) => void;
}

/** Does the same to several keys: asks, shows how far it got, and reports what failed. */
export const BulkDialog = ({ action, keys, onClose }: Props) => {
  const styles = useStyles2(getStyles);
  const words = wording(action, keys.length);
  const [typed, setTyped] = useState('');
  const [progress, setProgress] = useState<BulkProgress>();
  const [finished, setFinished] = useState(false);
  const abort = useRef(new AbortController());
  const final = action === 'revoke' || action === 'delete';
  const confirmed = !final || typed.trim() === String(keys.length);

  useEffect(() => {
    const running = abort.current;
    return () => running.abort();
  }, []);

  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (!confirmed || progress) {
      return;
    }
    setProgress({ done: 0, total: keys.length, failed: [] });
    abort.current = new AbortController();
    setProgress(await changeAll(action, keys, setProgress, abort.current.signal));
    setFinished(true);
  };
  const close = () => {
    if (progress && !finished) {
      abort.current.abort();
      return;
    }
    const failed = progress?.failed.map(({ key }) => key) ?? [];
    onClose({ failed, changed: (progress?.done ?? 0) > failed.length });
  };

  return (
    <Dialog title={words.title} width={600} onDismiss={close}>
      <form onSubmit={start} noValidate>
        {!progress && (
          <>
            <p>{words.consequence}</p>
            <ul className={styles.names} tabIndex={0} aria-label={t('bulk.chosen-keys', 'Selected keys')}>
              {keys.map((key) => (
                <li key={key.id}>{key.name}</li>
              ))}
            </ul>
            {final && (
              <Field
                htmlFor="confirm-count"
                label={t('bulk.type-count', 'Type the number of keys, {{n}}, to confirm', { n: keys.length })}
              >
                <Input
                  id="confirm-count"
                  width={12}
                  autoFocus
                  autoComplete="off"
                  inputMode="numeric"
                  value={typed}
                  onChange={(e) => setTyped(e.currentTarget.value)}
                />
              </Field>
            )}
          </>
        )}
        {progress && <Progress progress={progress} finished={finished} />}
        <Modal.ButtonRow>
          <Stack gap={2}>
            <Button type="button" variant="secondary" fill={finished ? 'solid' : 'outline'} onClick={close}>
              {finished ? t('common.close', 'Close') : progress ? t('bulk.stop', 'Stop') : t('common.cancel', 'Cancel')}
            </Button>
            {!progress && (
              <Button type="submit" variant={final ? 'destructive' : 'primary'} disabled={!confirmed}>
                {words.button}
              </Button>
            )}
          </Stack>
        </Modal.ButtonRow>
      </form>
    </Dialog>
  );
};

const Progress = ({ progress: { done, total, failed }, finished }: { progress: BulkProgress; finished: boolean }) => {
  const styles = useStyles2(getStyles);
  const good = done - failed.length;
  return (
    <>
      <p role="status">
        {finished
          ? t('bulk.finished', '{{good}} of {{total}} keys changed.', { good: count(good), total: count(total) })
          : t('bulk.running', '{{done}} of {{total}} keys done…', { done: count(done), total: count(total) })}
      </p>
      <progress className={styles.bar} value={done} max={total} aria-label={t('bulk.progress', 'Progress')} />
      {failed.length > 0 && (
        <Alert severity="error" title={t('bulk.failed', 'Not changed: {{n}}', { n: count(failed.length) })}>
          <ul className={styles.failures}>
            {failed.map(({ key, error }) => (
              <li key={key.id}>
                <strong>{key.name}</strong>: {error.message}
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </>
  );
};

function wording(action: BulkAction, n: number) {
  const values = { count: n };
  return {
    enable: {
      title: t('bulk.enable', '', {
        ...values,
        defaultValue_one: 'Enable {{count}} key',
        defaultValue_other: 'Enable {{count}} keys',
      }),
      consequence: t(
        'bulk.enable-consequence',
        'They work again from the next request on, unless they are expired or revoked.'
      ),
      button: t('action.enable', 'Enable'),
    },
    disable: {
      title: t('bulk.disable', '', {
        ...values,
        defaultValue_one: 'Disable {{count}} key',
        defaultValue_other: 'Disable {{count}} keys',
      }),
      consequence: t('bulk.disable-consequence', 'Everything that uses them is refused until they are enabled again.'),
      button: t('action.disable', 'Disable'),
    },
    revoke: {
      title: t('bulk.revoke', '', {
        ...values,
        defaultValue_one: 'Revoke {{count}} key',
        defaultValue_other: 'Revoke {{count}} keys',
      }),
      consequence: t(
        'bulk.revoke-consequence',
        'Everything that uses them is refused from the next request on. This cannot be undone.'
      ),
      button: t('action.revoke', 'Revoke'),
    },
    delete: {
      title: t('bulk.delete', '', {
        ...values,
        defaultValue_one: 'Delete {{count}} key',
        defaultValue_other: 'Delete {{count}} keys',
      }),
      consequence: t(
        'bulk.delete-consequence',
        'Everything that uses them is refused from the next request on, and they leave the list. This cannot be undone.'
      ),
      button: t('action.delete', 'Delete'),
    },
  }[action];
}

const getStyles = (theme: GrafanaTheme2) => ({
  names: css({
    maxHeight: theme.spacing(24),
    margin: theme.spacing(0, 0, 2),
    padding: theme.spacing(1, 2),
    overflow: 'auto',
    listStyle: 'none',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.canvas,
  }),
  failures: css({ maxHeight: theme.spacing(24), overflow: 'auto', paddingLeft: theme.spacing(2) }),
  bar: css({
    width: '100%',
    height: theme.spacing(1),
    marginBottom: theme.spacing(2),
    accentColor: theme.colors.primary.main,
  }),
});
