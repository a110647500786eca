import { useCallback } from 'react';
import { api } from '../api/client';
import type { Key, KeysStats } from '../api/types';
import { useQuery } from '../api/useQuery';

/**
 * The use of keys on each of the last 14 days, by their ids; none while it is not known. The rows do not wait for it.
 * @param keys as they were read; the same array until they are read again
 */
export function useKeysUse(keys: readonly Key[] | undefined): KeysStats['keys'] {
  const { data } = useQuery(
    useCallback(
      async (signal: AbortSignal) =>
        keys?.length
          ? api.keysStats(
              keys.map(({ id }) => id),
              '14d',
              signal
            )
          : undefined,
      [keys]
    )
  );
  return data?.keys ?? NOTHING;
}

const NOTHING: KeysStats['keys'] = {};
