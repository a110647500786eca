import { useEffect } from 'react';
import type { Key } from '../api/types';

/** How long after the moment the server is asked, in milliseconds: its clock may be a little behind. */
const AFTER = 500;
/** A timer of the browser waits at most this long. */
const LONGEST = 2 ** 31 - 1;

/** Reads again when the next of the keys that were disabled for a while comes back. */
export function useReturn(keys: readonly Key[], reload: () => void): void {
  const next = keys
    .map(({ disabledUntil }) => disabledUntil)
    .filter((at) => at !== null)
    .sort()[0];
  useEffect(() => {
    if (!next) {
      return;
    }
    const wait = Math.max(0, new Date(next).getTime() - Date.now()) + AFTER;
    const timer = setTimeout(reload, Math.min(wait, LONGEST));
    return () => clearTimeout(timer);
  }, [next, reload]);
}
