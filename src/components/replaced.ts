import type { Key, KeyToken } from '../api/types';

/** Whether a token has ended because a newer one of its key took its place, and not because its time was up. */
export function wasReplaced(token: KeyToken, { tokens }: Pick<Key, 'tokens'>): boolean {
  const newest = tokens.at(-1);
  if (!newest || token.id === newest.id || token.state !== 'expired' || !token.expiresAt) {
    return false;
  }
  return !newest.expiresAt || new Date(token.expiresAt) < new Date(newest.expiresAt);
}
