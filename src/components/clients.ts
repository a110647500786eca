import { serverTime } from '../api/clock';
import type { Key, KeyClient, KeyToken } from '../api/types';
import { DAY } from '../format';

/** How long nobody must have sent a token until it is called safe to end, in seconds: many programs run once a day. */
const QUIET = DAY;

/** What is known of the use of a token that a newer one replaces. */
export interface OldToken {
  token: KeyToken;
  /** Who has sent it of late; who did so last first. */
  clients: KeyClient[];
  /** When it was last sent by anybody; null if never. */
  lastAt: string | null;
  /** `used`: somebody sent it after it was replaced, and of late. `quiet`: nobody, but not for long. `over`: for long. */
  use: 'used' | 'quiet' | 'over';
}

/** The tokens that still work though there is a newer one, the oldest first, with who sends them. */
export function oldTokens(key: Key, clients: readonly KeyClient[], now = serverTime()): OldToken[] {
  const newest = key.tokens.at(-1);
  return key.tokens
    .filter((token) => token !== newest && (token.state === 'active' || token.state === 'disabled'))
    .map((token) => {
      const own = clients.filter(({ tokenId }) => tokenId === token.id);
      const lastAt = [token.lastUsedAt, ...own.map((client) => client.lastAt)].reduce(later, null);
      const late = lastAt !== null && now - time(lastAt) < QUIET * 1000;
      const after = lastAt !== null && newest !== undefined && time(lastAt) > time(newest.createdAt);
      return {
        token,
        clients: own.filter((client) => now - time(client.lastAt) < QUIET * 1000),
        lastAt,
        use: late && after ? 'used' : late ? 'quiet' : 'over',
      };
    });
}

const time = (iso: string) => new Date(iso).getTime();

const later = (a: string | null, b: string | null) => (a === null || (b !== null && time(b) > time(a)) ? b : a);
