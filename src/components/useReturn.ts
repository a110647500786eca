import { useEffect } from 'react';
import { serverTime } from '../api/clock';
import type { Key } from '../api/types';

/** How long after the moment the server is asked, in milliseconds. */
const AFTER = 500;
/** How long to wait when the moment is over and the server says otherwise: its clock may be behind. */
const AGAIN = 5000;
/** A timer of the browser waits at most this long. */
const LONGEST = 2 ** 31 - 1;

/**
 * Reads again when the next of the keys that were disabled for a while comes back.
 * @param keys as they were read; the same array until they are read again
 */
export function useReturn(keys: readonly Key[] | undefined, reload: () => void): void {
  useEffect(() => {
    const next = keys
      ?.map(({ disabledUntil }) => disabledUntil)
      .filter((at) => at !== null)
      .sort()[0];
    if (!next) {
      return;
    }
    const left = new Date(next).getTime() - serverTime();
    const timer = setTimeout(reload, left > 0 ? Math.min(left + AFTER, LONGEST) : AGAIN);
    return () => clearTimeout(timer);
  }, [keys, reload]);
}
