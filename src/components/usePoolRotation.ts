import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { IssuedKey, RotateKey } from '../api/types';

/** How far the rotation of a pool is. */
export interface PoolRotation {
  /** The keys that have a new token, with it. Nothing else holds on to them. */
  done: IssuedKey[];
  /** Why the last step failed; what was done before it stays. */
  failure?: ApiError;
  running: boolean;
  /** Whether there are steps left. */
  open: boolean;
  /** Takes the steps that are left, from the one on that failed. */
  run: (how: RotateKey) => Promise<void>;
}

/** Rotates the keys of a pool step by step. */
export function usePoolRotation(pool: string): PoolRotation {
  const [{ done, cursor, open }, setProgress] = useState({ done: [] as IssuedKey[], cursor: '', open: true });
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const left = useRef(false);
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
    };
  }, []);

  const run = useCallback(
    async (how: RotateKey) => {
      setRunning(true);
      setFailure(undefined);
      try {
        // Nothing would show further tokens once the page was left.
        for (let at = cursor, more = true; more && !left.current;) {
          const step = await api.rotatePool(pool, { ...how, cursor: at || undefined });
          at = step.nextCursor;
          more = Boolean(at);
          setProgress((last) => ({
            done: [...last.done, ...step.keys],
            cursor: step.nextCursor,
            open: step.nextCursor !== '',
          }));
        }
      } catch (reason) {
        setFailure(toApiError(reason));
      }
      setRunning(false);
    },
    [pool, cursor]
  );
  return { done, failure, running, open, run };
}
