import { Button, LoadingPlaceholder, Modal } from '@grafana/ui';
import React, { useCallback } from 'react';
import { api } from '../api/client';
import type { Key, KeyQuery, RotatePool } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import type { BulkAction } from './bulk';
import { BulkDialog, type BulkResult } from './BulkDialog';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { Failure } from './Failure';
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
  const able = keys.filter((key) => may(choice, key));
  const rest = keys.length - able.length;
  const step = useCallback(
    async ({ cursor, ...how }: RotatePool) => {
      const at = Number(cursor ?? 0);
      const rotated = await api.rotateKey(able[at].id, how);
      return { keys: [rotated], nextCursor: at + 1 < able.length ? String(at + 1) : '' };
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the keys stay the same while the dialog is open
    [keys]
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
  if (choice !== 'rotate') {
    const note = [...notes, leftOut].filter(Boolean).join(' ');
    return <BulkDialog action={choice} keys={able} note={note} onClose={onClose} />;
  }
  return (
    <RotateManyDialog
      title={t('bulk.rotate', 'Rotate the selected keys')}
      n={able.length}
      step={step}
      file={t('bulk.file', 'keys')}
      onClose={(rotated) => onClose({ failed: [], changed: rotated > 0 })}
    />
  );
};

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
