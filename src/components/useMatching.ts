import { useCallback } from 'react';
import { api } from '../api/client';
import type { Key, KeyQuery } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** How many keys can be changed at once from here. */
export const MOST_AT_ONCE = 10_000;
/** As many as the server gives at once. */
const PAGE = 500;

/** All keys that match a filter, or the first MOST_AT_ONCE of them. */
export function useMatching(filter: KeyQuery): Query<Key[]> {
  return useQuery(
    useCallback(
      async (signal: AbortSignal) => {
        const keys: Key[] = [];
        for (let cursor: string | undefined; cursor !== '' && keys.length < MOST_AT_ONCE;) {
          const page = await api.keys({ ...filter, cursor, limit: PAGE }, signal);
          keys.push(...page.keys);
          cursor = page.nextCursor;
        }
        return keys;
      },
      [filter]
    )
  );
}
