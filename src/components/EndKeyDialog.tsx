import React from 'react';
import { api, type Reach } from '../api/client';
import type { Key } from '../api/types';
import { exactTime, relativeTime } from '../format';
import { t } from '../i18n';
import { ConfirmDialog, type Act } from './ConfirmDialog';
import { RotatedKeys, useRotated, type Ending } from './RotatedKeys';

interface Props {
  target: Key;
  /** Revoked keys stay in the list and say why they are refused; deleted ones are gone. */
  how: Ending;
  /** Called after it was revoked or disabled. */
  onEnded: () => void;
  onDeleted: () => void;
  onCancel: () => void;
}

/**
 * Ends a key for good, once its name was typed, or disables it. Tokens from before its rotations that still work are
 * told, and end with it in one act if the user wants that.
 */
export const EndKeyDialog = ({ target, how, onEnded, onDeleted, onCancel }: Props) => {
  const words = wording(how, target);
  const rotated = useRotated(target, how);
  const act = (text: string, request: (id: string, reach?: Reach) => Promise<unknown>, then: () => void): Act => ({
    text,
    run: async () => {
      await request(target.id, rotated.reach);
      then();
    },
  });
  return (
    <ConfirmDialog
      title={words.title}
      typed={how === 'disable' ? undefined : target.name}
      waiting={rotated.waiting}
      failed={rotated.reach ? t('rotated.nothing-done', 'Nothing was done: both keys are as they were') : words.failed}
      acts={
        {
          disable: [act(words.button, api.disableKey, onEnded)] as [Act],
          delete: [act(words.button, api.deleteKey, onDeleted)] as [Act],
          revoke: [
            act(words.button, api.revokeKey, onEnded),
            act(t('revoke.and-delete', 'Revoke and delete'), api.endKey, onDeleted),
          ] as [Act, Act],
        }[how]
      }
      onCancel={onCancel}
    >
      <p>{words.consequence}</p>
      <p>{lastUse(target)}</p>
      <RotatedKeys how={how} rotated={rotated} />
    </ConfirmDialog>
  );
};

function wording(how: Ending, { name, state }: Key) {
  const works = state === 'active';
  if (how === 'disable') {
    return {
      title: t('disable.title', 'Disable {{name}}', { name }),
      consequence: t('disable.consequence', 'Everything that uses this key is refused until it is enabled again.'),
      failed: t('disable.failed', 'The key was not disabled'),
      button: t('disable.button', 'Disable key'),
    };
  }
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
