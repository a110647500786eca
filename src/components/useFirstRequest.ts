import { useEffect, useState } from 'react';
import { api } from '../api/client';
import type { Denial, Key, KeyClient } from '../api/types';

/** What became of the first requests with a token. */
export interface FirstRequest {
  /** The key as it was when the server was asked last: it may be mended meanwhile. */
  now?: Key;
  /** When one was let in, from which address, and by whom if that is known. */
  arrived?: { at: string; from: string; client?: KeyClient };
  /** The last one that was refused. */
  refused?: Denial;
}

/** How often the server is asked, in milliseconds; it writes use down in batches. */
const EVERY = 1500;
/** How long, in milliseconds: the dialog may stay open over night. */
const PATIENCE = 30 * 60 * 1000;
/** How long the program behind the gate may take to answer what was let in, until its fault is looked for no more. */
const SLOWEST = 5 * 60 * 1000;

/**
 * Watches for the first request with a token, until one is let in and the time is over in which the program behind the
 * gate can still answer it with a fault.
 * @param keyId the key that the token is of
 * @param tokenId the token's public part
 */
export function useFirstRequest(keyId: string, tokenId: string): FirstRequest {
  const [seen, setSeen] = useState<FirstRequest>({});
  useEffect(() => {
    const abort = new AbortController();
    const end = Date.now() + PATIENCE;
    let timer: ReturnType<typeof setTimeout>;
    let arrived: number | undefined;
    const look = async () => {
      try {
        const [key, { denials }] = await Promise.all([
          api.key(keyId, abort.signal),
          api.denials({ keyId, limit: 20 }, abort.signal),
        ]);
        const at = key.tokens.find(({ id }) => id === tokenId)?.lastUsedAt;
        const refused = denials.find((denial) => denial.tokenId === tokenId);
        if (!at) {
          setSeen({ now: key, refused });
        } else {
          const { clients } = await api.clients(keyId, abort.signal);
          const client = clients.find((one) => one.tokenId === tokenId && one.requests > one.denied);
          setSeen({ now: key, arrived: { at, from: key.lastUsedFrom, client }, refused });
          arrived ??= Date.now();
          if (!client?.fault && Date.now() - arrived > SLOWEST) {
            return;
          }
        }
      } catch {
        // The banner says that the server is away; asking goes on.
      }
      if (!abort.signal.aborted && Date.now() < end) {
        timer = setTimeout(look, EVERY);
      }
    };
    look();
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [keyId, tokenId]);
  return seen;
}
