import { useCallback } from 'react';
import { api } from '../api/client';
import type { PoolList } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** The agent pools of the organization, by name. */
export function usePools(): Query<PoolList> {
  return useQuery(useCallback((signal: AbortSignal) => api.pools(signal), []));
}

/** The address of the list of the keys that have something in common. */
export const keysWith = (
  filter: 'pool' | 'owner' | 'label' | 'tenant' | 'endpoint',
  value: string,
  href: (page: string) => string
) => `${href('keys')}?${filter}=${encodeURIComponent(value)}`;
