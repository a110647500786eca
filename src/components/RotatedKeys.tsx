import { Alert, Checkbox } from '@grafana/ui';
import React, { useCallback, useState } from 'react';
import { api, type Reach } from '../api/client';
import type { Key, KeyList } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';
import { exactTime } from '../format';
import { t } from '../i18n';
import { Failure } from './Failure';

/** What ends keys, or rests them. */
export type Ending = 'revoke' | 'delete' | 'disable';

/** The keys before a key's rotations that still work, and whether they shall end with it. */
export interface Rotated extends Pick<Query<KeyList>, 'error' | 'reload'> {
  working: Key[];
  also: boolean;
  setAlso: (also: boolean) => void;
  /** It is not known yet whether there are any. */
  waiting: boolean;
  reach: Reach | undefined;
}

/** Looks for keys that work on though the one that replaced them ends. A revocation ends them too unless told. */
export function useRotated(target: Key, how: Ending): Rotated {
  const { id, rotatedFrom } = target;
  const { data, error, reload } = useQuery(
    useCallback(
      async (signal: AbortSignal) => (rotatedFrom ? api.rotatedKeys(id, signal) : { keys: [], nextCursor: '' }),
      [id, rotatedFrom]
    )
  );
  const [also, setAlso] = useState(how === 'revoke');
  const working = stillWorking(data);
  return {
    working,
    also,
    setAlso,
    waiting: !data && !error,
    reach: also && working.length ? { rotated: true } : undefined,
    error: data ? undefined : error,
    reload,
  };
}

/** Those of the keys that are good now. */
export const stillWorking = (list?: KeyList): Key[] => list?.keys.filter(({ state }) => state === 'active') ?? [];

/** Says which tokens of before a rotation still work, and offers to end them too. */
export const RotatedKeys = ({ how, rotated }: { how: Ending; rotated: Rotated }) => {
  const { working, also, setAlso, error, reload } = rotated;
  if (error) {
    return (
      <Failure
        error={error}
        what={t('rotated.failed', 'It could not be read whether the key that it replaced still works')}
        onRetry={reload}
      />
    );
  }
  if (!working.length) {
    return null;
  }
  return (
    <Alert severity="warning" title={t('rotated.title', 'The token from before the rotation still works')}>
      {working.map((key) => (
        <div key={key.id}>{stillWorks(key)}</div>
      ))}
      <Checkbox value={also} onChange={(e) => setAlso(e.currentTarget.checked)} label={alsoText(how, working.length)} />
    </Alert>
  );
};

function stillWorks({ name, expiresAt }: Key): string {
  return expiresAt
    ? t('rotated.until', '“{{name}}” works until {{at}}.', { name, at: exactTime(expiresAt) })
    : t('rotated.without-end', '“{{name}}” works, and never expires.', { name });
}

/** The offer to do the same to the keys that were replaced. */
function alsoText(how: Ending, n: number): string {
  const values = { count: n };
  switch (how) {
    case 'revoke':
      return t('rotated.revoke', '', {
        ...values,
        defaultValue_one: 'Also revoke the key that it replaced',
        defaultValue_other: 'Also revoke the {{count}} keys that it replaced',
      });
    case 'delete':
      return t('rotated.delete', '', {
        ...values,
        defaultValue_one: 'Also delete the key that it replaced',
        defaultValue_other: 'Also delete the {{count}} keys that it replaced',
      });
    case 'disable':
      return t('rotated.disable', '', {
        ...values,
        defaultValue_one: 'Also disable the key that it replaced',
        defaultValue_other: 'Also disable the {{count}} keys that it replaced',
      });
  }
}
