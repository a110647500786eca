import { useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import type { DenialQuery } from '../api/types';

/** Since when refusals are shown; they are kept for a week. */
export const SINCE = ['1h', '24h', '7d'] as const;
export type Since = (typeof SINCE)[number];

/** Which refusals are shown; kept in the address, so that it can be shared and survives going back. */
export interface DenialFilter {
  q: string;
  code: string;
  endpoint: string;
  keyId: string;
  since: Since | '';
}

/** The filter in the address, with how to change it, and the question that it is to the server. */
export function useDenialFilter() {
  const [params, setParams] = useSearchParams();
  const text = (name: string) => params.get(name) ?? '';
  const q = text('q');
  const code = /^[a-z_]*$/.test(text('code')) ? text('code') : '';
  const endpoint = text('endpoint');
  const keyId = /^[0-9A-Za-z]{12}$/.test(text('keyId')) ? text('keyId') : '';
  const since = SINCE.find((one) => one === text('since')) ?? '';
  const setFilter = (change: Partial<DenialFilter>) =>
    setParams(
      (last) => {
        const changed = new URLSearchParams(last);
        for (const [name, value] of Object.entries(change)) {
          if (value) {
            changed.set(name, value);
          } else {
            changed.delete(name);
          }
        }
        return changed;
      },
      { replace: 'q' in change } // each letter would be a step back otherwise
    );
  const query = useMemo<DenialQuery>(
    () => ({ q, code, endpoint, keyId, since: since || undefined }),
    [q, code, endpoint, keyId, since]
  );
  return { filter: { q, code, endpoint, keyId, since } satisfies DenialFilter, setFilter, query };
}
