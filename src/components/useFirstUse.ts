import { useCallback } from 'react';
import { api } from '../api/client';
import type { Denial, Key, KeyClient, Role } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** What became of the first key of a role. */
export interface FirstUse {
  /** The one that was used last, or else the newest. */
  key?: Key;
  /** Who used it, once somebody did. */
  client?: KeyClient;
  /** What was refused at an endpoint since it was made, of it or without a known key. */
  refused?: Denial;
}

/** Whether the key was let in, and the program behind the gate did what it was asked. */
export const isServed = ({ key, client }: FirstUse = {}): boolean => Boolean(key?.lastUsedAt) && !client?.fault;

/** Looks for a key of a role, however it was made, and for what it was used. */
export function useFirstUse(role: Role): Query<FirstUse> {
  return useQuery(
    useCallback(
      async (signal: AbortSignal): Promise<FirstUse> => {
        const find = async (sort: '-lastUsedAt' | '-createdAt') =>
          (await api.keys({ role, state: 'active', sort, limit: 1 }, signal)).keys.at(0);
        const used = await find('-lastUsedAt');
        if (used?.lastUsedAt) {
          const { clients } = await api.clients(used.id, signal);
          return { key: used, client: clients.find(({ requests, denied }) => requests > denied) };
        }
        const key = await find('-createdAt');
        if (!key) {
          return {};
        }
        const { denials } = await api.denials({ since: '1h', limit: 20 }, signal);
        const refused = denials.find(
          ({ keyId, endpoint, at }) => (keyId === key.id || (!keyId && endpoint)) && at > key.createdAt
        );
        return { key, refused };
      },
      [role]
    )
  );
}
