import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Field, Input, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Key } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import {
  changeAll,
  changeOf,
  undoOf,
  type BulkAction,
  type BulkEnd,
  type BulkProgress,
  type KeyChange,
  type KeyUndo,
} from './bulk';
import { BulkValue, checkValue } from './BulkValue';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { Failures } from './Failures';
import { checkLifetime, defaultLifetime, toLifetime } from './lifetime';
import { LifetimeField } from './LifetimeField';

interface Props {
  action: BulkAction;
  keys: Key[];
  /** What else must be known before. */
  note?: string;
  /** Called when the dialog closes; says which keys were not changed, and whether any was. */
  onClose: (result: BulkResult) => void;
}

/** How a change of many keys ended. */
export interface BulkResult {
  failed: Key[];
  changed: boolean;
}

/** How many names are listed: nobody reads thousands. */
const SHOWN = 200;

/** Does the same to several keys: asks, shows how far it got, reports what failed, and takes it back where it can. */
export const BulkDialog = ({ action, keys, note, onClose }: Props) => {
  const words = wording(action, keys.length);
  const run = useBulk();
  const { policy } = useCaller();
  const [value, setValue] = useState('');
  const [lifetime, setLifetime] = useState(() => defaultLifetime(policy));
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const final = action === 'revoke' || action === 'delete';
  const confirmed = (!final || typed.trim() === String(keys.length)) && keys.length > 0;
  const wrong = action === 'extend' ? checkLifetime(lifetime, policy) : checkValue(action, value);
  const undo = undoOf(action, value);

  const start = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (confirmed && !wrong && !run.progress) {
      run.start(changeOf(action, value, toLifetime(lifetime)), keys);
    }
  };
  const close = () => (run.running && !run.stopped ? run.stop() : onClose(run.result));

  return (
    <Dialog title={run.undone ? t('undo.button', 'Undo') : words.title} width={600} onDismiss={close} stops>
      <form onSubmit={start} noValidate>
        {run.progress ? (
          <Progress progress={run.progress} finished={!run.running} undone={run.undone} />
        ) : (
          <>
            <p>{words.consequence}</p>
            {note && <p>{note}</p>}
            <BulkValue
              action={action}
              keys={keys}
              value={value}
              onChange={setValue}
              error={tried ? wrong : undefined}
            />
            {action === 'extend' && (
              <LifetimeField
                value={lifetime}
                onChange={setLifetime}
                policy={policy}
                error={tried ? wrong : undefined}
              />
            )}
            <Names keys={keys} />
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
        <Modal.ButtonRow>
          <Stack gap={2}>
            {undo && run.changed.length > 0 && !run.running && !run.undone && (
              <Button type="button" variant="secondary" onClick={() => run.undo(undo)}>
                {t('undo.button', 'Undo')}
              </Button>
            )}
            <Button
              type="button"
              variant="secondary"
              fill={run.progress && !run.running ? 'solid' : 'outline'}
              onClick={close}
            >
              {!run.progress
                ? t('common.cancel', 'Cancel')
                : run.running && !run.stopped
                  ? t('bulk.stop', 'Stop')
                  : t('common.close', 'Close')}
            </Button>
            {!run.progress && (
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

/** A change of many keys, how far it is, and how to take it back. */
function useBulk() {
  const [progress, setProgress] = useState<BulkProgress>();
  const [running, setRunning] = useState(false);
  const [{ changed, after }, setEnd] = useState<Pick<BulkEnd, 'changed' | 'after'>>({ changed: [], after: new Map() });
  const [undone, setUndone] = useState(false);
  const [stopped, setStopped] = useState(false);
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);

  const work = async (change: KeyChange, keys: Key[]) => {
    abort.current = new AbortController();
    setStopped(false);
    setRunning(true);
    setProgress({ done: 0, total: keys.length, failed: [] });
    const end = await changeAll(change, keys, setProgress, abort.current.signal);
    setProgress(end.progress);
    setRunning(false);
    return end;
  };
  const failed = progress?.failed.map(({ key }) => key) ?? [];
  return {
    progress,
    running,
    changed,
    undone,
    start: async (change: KeyChange, keys: Key[]) => setEnd(await work(change, keys)),
    undo: async (change: KeyUndo) => {
      setUndone(true);
      await work((key) => change(key, after.get(key.id)), changed);
    },
    stopped,
    stop: () => {
      setStopped(true);
      abort.current.abort();
    },
    result: { failed, changed: undone || running || (progress?.done ?? 0) > failed.length } satisfies BulkResult,
  };
}

const Names = ({ keys }: { keys: readonly Key[] }) => {
  const styles = useStyles2(getStyles);
  const more = keys.length - SHOWN;
  return (
    <ul className={styles.names} tabIndex={0} aria-label={t('bulk.chosen-keys', 'Selected keys')}>
      {keys.slice(0, SHOWN).map((key) => (
        <li key={key.id}>{key.name}</li>
      ))}
      {more > 0 && (
        <li>
          {t('bulk.more', '', {
            count: more,
            n: count(more),
            defaultValue_one: 'and {{n}} more',
            defaultValue_other: 'and {{n}} more',
          })}
        </li>
      )}
    </ul>
  );
};

interface ProgressProps {
  progress: BulkProgress;
  finished: boolean;
  /** Whether it is that of taking the change back. */
  undone: boolean;
}

const Progress = ({ progress: { done, total, failed }, finished, undone }: ProgressProps) => {
  const styles = useStyles2(getStyles);
  const good = done - failed.length;
  return (
    <>
      <p role="status">
        {finished
          ? undone
            ? t('bulk.undone', 'Taken back for {{good}} of {{total}} keys.', { good: count(good), total: count(total) })
            : t('bulk.finished', '{{good}} of {{total}} keys changed.', { good: count(good), total: count(total) })
          : t('bulk.running', '{{done}} of {{total}} keys done…', { done: count(done), total: count(total) })}
      </p>
      <progress className={styles.bar} value={done} max={total} aria-label={t('bulk.progress', 'Progress')} />
      <Failures failed={failed} />
    </>
  );
};

function wording(action: BulkAction, n: number): { title: string; consequence: string; button: string } {
  const values = { count: n, n: count(n) };
  return {
    enable: {
      title: t('bulk.enable', '', {
        ...values,
        defaultValue_one: 'Enable {{n}} key',
        defaultValue_other: 'Enable {{n}} keys',
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
        defaultValue_one: 'Disable {{n}} key',
        defaultValue_other: 'Disable {{n}} keys',
      }),
      consequence: t('bulk.disable-consequence', 'Everything that uses them is refused until they are enabled again.'),
      button: t('action.disable', 'Disable'),
    },
    revoke: {
      title: t('bulk.revoke', '', {
        ...values,
        defaultValue_one: 'Revoke {{n}} key',
        defaultValue_other: 'Revoke {{n}} keys',
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
        defaultValue_one: 'Delete {{n}} key',
        defaultValue_other: 'Delete {{n}} keys',
      }),
      consequence: t(
        'bulk.delete-consequence',
        'Everything that uses them is refused from the next request on, and they leave the list. This cannot be undone.'
      ),
      button: t('action.delete', 'Delete'),
    },
    owner: {
      title: t('bulk.owner', '', {
        ...values,
        defaultValue_one: 'Set the owner of {{n}} key',
        defaultValue_other: 'Set the owner of {{n}} keys',
      }),
      consequence: t('bulk.owner-consequence', 'Who answers for them; nothing stops working.'),
      button: t('bulk.set', 'Set'),
    },
    pool: {
      title: t('bulk.pool', '', {
        ...values,
        defaultValue_one: 'Move {{n}} key',
        defaultValue_other: 'Move {{n}} keys',
      }),
      consequence: t(
        'bulk.pool-consequence',
        'They belong to this pool from then on, and to no other. Endpoints of another pool refuse them.'
      ),
      button: t('bulk.move', 'Move'),
    },
    extend: {
      title: t('bulk.extend', '', {
        ...values,
        defaultValue_one: 'Extend {{n}} key',
        defaultValue_other: 'Extend {{n}} keys',
      }),
      consequence: t(
        'bulk.extend-consequence',
        'They live this long from now on, also those that would have ended later.'
      ),
      button: t('bulk.extend-button', 'Extend'),
    },
    addLabel: {
      title: t('bulk.add-label', '', {
        ...values,
        defaultValue_one: 'Add a label to {{n}} key',
        defaultValue_other: 'Add a label to {{n}} keys',
      }),
      consequence: t('bulk.add-label-consequence', 'A label of the same name gets the new value; the others stay.'),
      button: t('bulk.add', 'Add'),
    },
    removeLabel: {
      title: t('bulk.remove-label', '', {
        ...values,
        defaultValue_one: 'Remove a label from {{n}} key',
        defaultValue_other: 'Remove a label from {{n}} keys',
      }),
      consequence: t('bulk.remove-label-consequence', 'Whatever its value is; the other labels stay.'),
      button: t('bulk.remove', 'Remove'),
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
  bar: css({
    width: '100%',
    height: theme.spacing(1),
    marginBottom: theme.spacing(2),
    accentColor: theme.colors.primary.main,
  }),
});
