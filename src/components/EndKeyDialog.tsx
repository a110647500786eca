import React from 'react';
import { api } from '../api/client';
import type { Key } from '../api/types';
import { exactTime, relativeTime } from '../format';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { ConfirmDialog, type Act } from './ConfirmDialog';
import { ownKeyWarning } from './DisableOwnKeyDialog';

interface Props {
  target: Key;
  /** Revoked keys stay in the list and say why they are refused; deleted ones are gone. */
  how: Ending;
  /** Called after it was revoked. */
  onEnded: () => void;
  onDeleted: () => void;
  onCancel: () => void;
}

/** What ends a key for good. */
type Ending = 'revoke' | 'delete';

/** Ends a key for good, with all of its tokens, once its name was typed. */
export const EndKeyDialog = ({ target, how, onEnded, onDeleted, onCancel }: Props) => {
  const { whoami } = useCaller();
  const words = wording(how, target);
  const act = (text: string, request: (id: string) => Promise<unknown>, then: () => void): Act => ({
    text,
    run: async () => {
      await request(target.id);
      then();
    },
  });
  return (
    <ConfirmDialog
      title={words.title}
      typed={target.name}
      failed={words.failed}
      acts={[
        how === 'delete' ? act(words.button, api.deleteKey, onDeleted) : act(words.button, api.revokeKey, onEnded),
      ]}
      onCancel={onCancel}
    >
      <p>{words.consequence}</p>
      {target.id === whoami.keyId && <p>{ownKeyWarning()}</p>}
      <p>{lastUse(target)}</p>
    </ConfirmDialog>
  );
};

function wording(how: Ending, { name, state }: Key) {
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
