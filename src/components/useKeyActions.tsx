import React, { lazy, Suspense, useCallback, useEffect, useMemo, useState, type ReactElement } from 'react';
import { api } from '../api/client';
import { toApiError } from '../api/errors';
import type { IssuedKey, Key, UpdateKey } from '../api/types';
import { t } from '../i18n';
import { fieldName } from './fieldName';
import { useCaller } from './Caller';
import { hasDraft } from './drafts';
import type { Beginning } from './KeyDialogs';
import { takingBack } from './meanwhile';
import { notify, notifyFailure } from './notify';
import { UndoToast } from './UndoToast';
import { useDraftName } from './useDraft';

const load = () => import('./keyDialogs');
const CreateKeyDialog = lazy(async () => ({ default: (await load()).CreateKeyDialog }));
const DisableOwnKeyDialog = lazy(async () => ({ default: (await load()).DisableOwnKeyDialog }));
const EditKeyDialog = lazy(async () => ({ default: (await load()).EditKeyDialog }));
const EndKeyDialog = lazy(async () => ({ default: (await load()).EndKeyDialog }));
const RotateKeyDialog = lazy(async () => ({ default: (await load()).RotateKeyDialog }));
const TokenDialog = lazy(async () => ({ default: (await load()).TokenDialog }));

/** Loads the dialogs when somebody begins to do something. A failure shows when they are needed. */
function loadSoon(): () => void {
  const begin = () => {
    stop();
    load().catch(() => undefined);
  };
  const stop = () => EVENTS.forEach((event) => window.removeEventListener(event, begin));
  EVENTS.forEach((event) => window.addEventListener(event, begin, { passive: true }));
  return stop;
}

const EVENTS = ['pointermove', 'pointerdown', 'keydown'];

type Open =
  | { dialog: 'create'; begin?: Beginning; snippet?: string }
  | { dialog: 'edit' | 'revoke' | 'delete'; key: Key }
  | { dialog: 'disable'; key: Key; values: UpdateKey }
  | { dialog: 'rotate'; key: Key; snippet?: string }
  | { dialog: 'token'; created: IssuedKey; title: string; snippet?: string };

/** What can be done to keys, wherever they are shown. */
export interface KeyActions {
  create: () => void;
  /** Makes a key that begins as something, and shows first how that uses it. */
  begin: (as: Beginning, snippet: string) => void;
  edit: (key: Key) => void;
  /** Rotates a key; `snippet` says which use of the new token is shown first. */
  rotate: (key: Key, snippet?: string) => void;
  revoke: (key: Key) => void;
  remove: (key: Key) => void;
  /** Disables or enables at once, but asks before it disables the key that one is signed in with. */
  setEnabled: (key: Key, enabled: boolean) => void;
  /** Disables for a minute, after which the key works again by itself. */
  pause: (key: Key) => void;
}

/** What is sent to disable a key for a minute. */
const MINUTE = '60s';

interface Options {
  /** Whether to go on with a new key that was being typed when the page was left. */
  resume?: boolean;

  /** Called after a change, when what is shown should be read again. */
  onChanged: () => void;
  /** Called instead when a key was deleted. */
  onDeleted?: () => void;
}

/** The actions, and the dialog that is open at the moment, if any. */
export function useKeyActions({ onChanged, onDeleted = onChanged, resume = false }: Options): {
  actions: KeyActions;
  dialog: ReactElement;
} {
  const { keyId: own } = useCaller().whoami;
  const typed = useDraftName('create');
  const [open, setOpen] = useState<Open | undefined>(() =>
    resume && hasDraft(typed) ? { dialog: 'create' } : undefined
  );
  const close = useCallback(() => setOpen(undefined), []);
  useEffect(loadSoon, []);
  // What was done last and can be taken back.
  const [done, setDone] = useState<{ text: string; undo: () => void }>();
  const forgetDone = useCallback(() => setDone(undefined), []);

  const change = useCallback(
    async (key: Key, values: UpdateKey | (() => Promise<UpdateKey>), then: () => void) => {
      try {
        const sent = typeof values === 'function' ? await values() : values;
        if (Object.keys(sent).length) {
          await api.updateKey(key.id, sent);
        }
        then();
        onChanged();
      } catch (reason) {
        const error = toApiError(reason);
        notifyFailure(t('enable.failed', '“{{name}}” was not changed', { name: key.name }), error.message);
        if (error.status === 404 || error.status === 409) {
          onChanged(); // it is not what it is shown as any longer
        }
      }
    },
    [onChanged]
  );
  const actions = useMemo<KeyActions>(() => {
    const enable = (key: Key) =>
      change(key, { enabled: true }, () => {
        setDone(undefined);
        notify(t('enable.done', 'Enabled “{{name}}”', { name: key.name }));
      });
    const disable = (key: Key, values: UpdateKey, text: string) =>
      key.id === own
        ? setOpen({ dialog: 'disable', key, values })
        : change(key, values, () => setDone({ text, undo: () => enable(key) }));
    return {
      create: () => setOpen({ dialog: 'create' }),
      begin: (begin, snippet) => setOpen({ dialog: 'create', begin, snippet }),
      edit: (key) => setOpen({ dialog: 'edit', key }),
      rotate: (key, snippet) => setOpen({ dialog: 'rotate', key, snippet }),
      revoke: (key) => setOpen({ dialog: 'revoke', key }),
      remove: (key) => setOpen({ dialog: 'delete', key }),
      setEnabled: (key, enabled) =>
        enabled ? enable(key) : disable(key, { enabled }, t('disable.done', 'Disabled “{{name}}”', { name: key.name })),
      pause: (key) =>
        disable(
          key,
          { enabled: false, disabledFor: MINUTE },
          t('pause.done', 'Disabled “{{name}}” for a minute', { name: key.name })
        ),
    };
  }, [change, own]);
  /** Takes a change back that was made in the form; what others changed meanwhile stays. */
  const putBack = (before: Key, after: Key, sent: UpdateKey) => {
    let stays: string[] = [];
    return change(
      before,
      async () => {
        const { values, left } = await takingBack(before, after, sent);
        stays = left.map(fieldName);
        return values;
      },
      () => {
        setDone(undefined);
        notify(
          stays.length
            ? t('undo.partly', '“{{name}}” was changed by somebody else since; this stays as it is now: {{fields}}', {
                name: before.name,
                fields: stays.join(', '),
              })
            : t('undo.done', '“{{name}}” is as it was before', { name: before.name })
        );
      }
    );
  };

  const finish = (text: string, then = onChanged) => {
    close();
    notify(text);
    then();
  };
  const showToken = (created: IssuedKey, title: string, snippet?: string) => {
    setOpen({ dialog: 'token', created, title, snippet });
    onChanged();
  };

  return {
    actions,
    dialog: (
      <>
        {open && <Suspense fallback={null}>{render(open)}</Suspense>}
        <UndoToast text={done?.text} onUndo={() => done?.undo()} onOver={forgetDone} />
      </>
    ),
  };

  function render(open: Open): ReactElement {
    switch (open.dialog) {
      case 'create':
        return (
          <CreateKeyDialog
            begin={open.begin}
            onCancel={close}
            onCreated={(created, snippet = open.snippet) =>
              showToken(created, t('create.done', 'Key created'), snippet)
            }
          />
        );
      case 'edit':
        return (
          <EditKeyDialog
            target={open.key}
            onCancel={close}
            onSaved={(key, sent, before) => {
              close();
              onChanged();
              setDone({
                text: t('edit.done', 'Saved “{{name}}”', { name: key.name }),
                undo: () => putBack(before, key, sent),
              });
            }}
          />
        );
      case 'disable':
        return (
          <DisableOwnKeyDialog
            target={open.key}
            disable={async () => {
              await api.updateKey(open.key.id, open.values);
              close();
              onChanged(); // which the server refuses, so that one is signed out
            }}
            onCancel={close}
          />
        );
      case 'rotate':
        return (
          <RotateKeyDialog
            target={open.key}
            onCancel={close}
            onRotated={(created) => showToken(created, t('rotate.done', 'Key rotated'), open.snippet)}
          />
        );
      case 'token':
        return <TokenDialog {...open} onClose={close} />;
      case 'revoke':
      case 'delete':
        return (
          <EndKeyDialog
            how={open.dialog}
            target={open.key}
            onCancel={close}
            onEnded={() => finish(t('revoke.done', 'Revoked “{{name}}”', { name: open.key.name }))}
            onDeleted={() => finish(t('delete.done', 'Deleted “{{name}}”', { name: open.key.name }), onDeleted)}
          />
        );
    }
  }
}
