import { useCallback, useMemo } from 'react';
import { api } from '../api/client';
import type { Key } from '../api/types';
import { useQuery } from '../api/useQuery';
import { toTexts } from './labels';
import type { Suggestion } from './Suggest';
import { isAnyTenant } from './tenants';

/** How many keys are looked at, the newest: as many as the server gives at once. */
const KEYS = 500;

/** What other keys have, to be suggested; the most frequent first. */
export interface Seen {
  owners: Suggestion[];
  labels: Suggestion[];
  tenants: Suggestion[];
}

/**
 * Owners, labels and tenants of the newest keys.
 * @param wanted whether they are needed already
 */
export function useSeen(wanted = true): Seen {
  const { data } = useQuery(
    useCallback(
      async (signal: AbortSignal) => (wanted ? api.keys({ sort: '-createdAt', limit: KEYS }, signal) : undefined),
      [wanted]
    )
  );
  return useMemo(() => {
    const keys = data?.keys ?? [];
    return {
      owners: frequent(keys, ({ owner }) => [owner]),
      labels: frequent(keys, ({ labels }) => toTexts(labels)),
      tenants: frequent(keys, ({ tenants }) => (isAnyTenant(tenants) ? [] : tenants)),
    };
  }, [data]);
}

function frequent(keys: readonly Key[], of: (key: Key) => readonly string[]): Suggestion[] {
  const times = new Map<string, number>();
  keys
    .flatMap(of)
    .filter(Boolean)
    .forEach((value) => times.set(value, (times.get(value) ?? 0) + 1));
  return [...times].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([value]) => ({ value }));
}
