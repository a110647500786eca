import { useCallback } from 'react';
import { api } from '../api/client';
import type { PoolList } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** The agent pools of the organization, by name. */
export function usePools(): Query<PoolList> {
  return useQuery(useCallback((signal: AbortSignal) => api.pools(signal), []));
}

/** The address of the list of a pool's keys. */
export const keysOf = (pool: string, href: (page: string) => string) => `${href('')}?pool=${encodeURIComponent(pool)}`;
