import { useCallback, useEffect, useRef, useState } from 'react';
import { toApiError, type ApiError } from '../api/errors';
import type { IssuedKey, RotateKey, RotatedPool, RotatePool } from '../api/types';
import type { Failed } from './bulk';

/** What a step did. */
export interface RotationDone extends RotatedPool {
  /** The keys that could not be rotated, for reasons of their own. */
  failed?: Failed[];
}

/** One step of a rotation; the `nextCursor` of its answer leads to the next, and is empty after the last. */
export type RotationStep = (step: RotatePool) => Promise<RotationDone>;

/** How far the rotation of many keys is. */
export interface Rotation {
  /** The keys that have a new token, with it. Nothing else holds on to them. */
  done: IssuedKey[];
  /** The keys that could not be rotated, for reasons of their own. */
  failed: Failed[];
  /** Why the last step failed; what was done before it stays. */
  failure?: ApiError;
  running: boolean;
  /** Whether there are steps left. */
  open: boolean;
  /** Takes the steps that are left, from the one on that failed. */
  run: (how: RotateKey) => Promise<void>;
}

/** Rotates many keys step by step. */
export function useRotation(take: RotationStep): Rotation {
  const [{ done, failed, cursor, open }, setProgress] = useState({
    done: [] as IssuedKey[],
    failed: [] as Failed[],
    cursor: '',
    open: true,
  });
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
          const step = await take({ ...how, cursor: at || undefined });
          at = step.nextCursor;
          more = Boolean(at);
          setProgress((last) => ({
            done: [...last.done, ...step.keys],
            failed: [...last.failed, ...(step.failed ?? [])],
            cursor: step.nextCursor,
            open: step.nextCursor !== '',
          }));
        }
      } catch (reason) {
        setFailure(toApiError(reason));
      }
      setRunning(false);
    },
    [take, cursor]
  );
  return { done, failed, failure, running, open, run };
}
