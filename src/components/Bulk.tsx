import { Button, LoadingPlaceholder, Modal } from '@grafana/ui';
import React, { useCallback } from 'react';
import { api } from '../api/client';
import { toApiError } from '../api/errors';
import type { Key, KeyQuery, RotatePool } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import type { BulkAction } from './bulk';
import { BulkDialog, type BulkResult } from './BulkDialog';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { Failure } from './Failure';
import { lifetimeAgain } from './lifetime';
import { RotateManyDialog } from './RotateManyDialog';
import { MOST_AT_ONCE, useMatching } from './useMatching';

/** What can be done to the keys that are selected. */
export type BulkChoice = BulkAction | 'rotate';

interface Props {
  choice: BulkChoice;
  /** The selected keys, or the filter that all of them match. */
  selection: { keys: Key[] } | { filter: KeyQuery };
  onClose: (result: BulkResult) => void;
}

/** Asks about a change of many keys, and makes it. */
export const Bulk = ({ choice, selection, onClose }: Props) =>
  'filter' in selection ? (
    <OnMatching choice={choice} filter={selection.filter} onClose={onClose} />
  ) : (
    <OnKeys choice={choice} keys={selection.keys} onClose={onClose} />
  );

interface OnMatchingProps extends Pick<Props, 'choice' | 'onClose'> {
  filter: KeyQuery;
}

const OnMatching = ({ choice, filter, onClose }: OnMatchingProps) => {
  const { whoami } = useCaller();
  const { data, error, reload } = useMatching(filter);
  if (data) {
    // Who is signed in with a key would stop halfway through.
    const others = data.filter(({ id }) => id !== whoami.keyId);
    const notes = [
      others.length < data.length ? t('bulk.not-own', 'The key that you are signed in with is left out.') : '',
      data.length >= MOST_AT_ONCE
        ? t('bulk.at-most', 'These are the first {{n}}; narrow the filter for others.', { n: count(MOST_AT_ONCE) })
        : '',
    ];
    return <OnKeys choice={choice} keys={others} notes={notes} onClose={onClose} />;
  }
  return (
    <Dialog
      title={t('bulk.reading', 'All that match')}
      width={600}
      onDismiss={() => onClose({ failed: [], changed: false })}
    >
      {error ? (
        <Failure error={error} what={t('keys.failed', 'The keys could not be read')} onRetry={reload} />
      ) : (
        <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
      )}
    </Dialog>
  );
};

interface OnKeysProps extends Pick<Props, 'choice' | 'onClose'> {
  keys: Key[];
  notes?: string[];
}

const OnKeys = ({ choice, keys, notes = [], onClose }: OnKeysProps) => {
  const { whoami, policy } = useCaller();
  const { keyId: own } = whoami;
  const able = keys.filter((key) => may(choice, key)).sort((a, b) => Number(a.id === own) - Number(b.id === own));
  const rest = keys.length - able.length;
  const step = useCallback(
    async ({ cursor, ...chosen }: RotatePool) => {
      const at = Number(cursor ?? 0);
      const nextCursor = at + 1 < able.length ? String(at + 1) : '';
      const hasLifetime = chosen.expiresIn !== undefined || chosen.expiresAt !== undefined;
      const how = hasLifetime ? chosen : { ...chosen, ...lifetimeAgain(able[at], policy) };
      try {
        return { keys: [await api.rotateKey(able[at].id, how)], nextCursor };
      } catch (reason) {
        const error = toApiError(reason);
        if (OF_ONE_KEY.includes(error.status)) {
          return { keys: [], failed: [{ key: able[at], error }], nextCursor };
        }
        throw error;
      }
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the keys stay the same while the dialog is open
    [keys, policy]
  );
  const leftOut =
    rest > 0
      ? t('bulk.left-out', '', {
          count: rest,
          n: count(rest),
          defaultValue_one: '{{n}} key is left out, for which there is nothing to do.',
          defaultValue_other: '{{n}} keys are left out, for which there is nothing to do.',
        })
      : '';
  const unchanged: BulkResult = { failed: [], changed: false };
  if (!able.length) {
    return (
      <Dialog title={t('bulk.nothing', 'Nothing to do')} width={600} onDismiss={() => onClose(unchanged)}>
        <p>{t('bulk.nothing-why', 'None of the selected keys can be changed this way.')}</p>
        <Modal.ButtonRow>
          <Button variant="secondary" onClick={() => onClose(unchanged)}>
            {t('common.close', 'Close')}
          </Button>
        </Modal.ButtonRow>
      </Dialog>
    );
  }
  const note = [...notes, leftOut].filter(Boolean).join(' ');
  if (choice !== 'rotate') {
    return <BulkDialog action={choice} keys={able} note={note} onClose={onClose} />;
  }
  return (
    <RotateManyDialog
      title={t('bulk.rotate', 'Rotate the selected keys')}
      n={able.length}
      note={[note, able.at(-1)?.id === own && ownIsRotated()].filter(Boolean).join(' ')}
      step={step}
      file={t('bulk.file', 'keys')}
      asEach
      onClose={(rotated, failed) => onClose({ failed, changed: rotated > 0 })}
    />
  );
};

/** Statuses with which one key fails, and no other for the same reason: it is gone, or in a state of its own. */
const OF_ONE_KEY = [404, 409, 500];

const ownIsRotated = () =>
  t('bulk.own-is-rotated', 'The key that you are signed in with is the last: sign in with its new token then.');

/** Whether something can be done to a key. */
function may(choice: BulkChoice, { actions, state }: Key): boolean {
  switch (choice) {
    case 'extend':
    case 'pool':
      return actions.includes('edit') && state !== 'revoked';
    case 'owner':
    case 'addLabel':
    case 'removeLabel':
      return actions.includes('edit');
    default:
      return actions.includes(choice);
  }
}
