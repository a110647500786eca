import type { ApiError } from './errors';

/*
 * Whether the server answers. Every request reports here, so that one banner shows that the store is down, wherever the
 * failure was seen, and all pages read again once it is back.
 */

type Listener = () => void;

/** The shortest time between two recoveries, in milliseconds: one answer may fail while another does not, for long. */
const PAUSE = 5000;

let outage: ApiError | undefined;
let recoveries = 0;
let recoveredAt = -Infinity;
let nextRecovery: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<Listener>();

/** Notes how a request that takes the store went: undefined when it was answered, whatever the answer. */
export function reportOutage(next: ApiError | undefined): void {
  if (outage === next) {
    return;
  }
  const over = outage && !next;
  outage = next;
  if (over) {
    recover();
  }
  listeners.forEach((listener) => listener());
}

/** Makes all pages read again, now or when the pause since the last time is over. */
function recover(): void {
  clearTimeout(nextRecovery);
  const wait = recoveredAt + PAUSE - Date.now();
  if (wait > 0) {
    nextRecovery = setTimeout(recover, wait);
    return;
  }
  recoveredAt = Date.now();
  recoveries++;
  listeners.forEach((listener) => listener());
}

/** Makes all pages read again: another user, with other rights, may have signed in. */
export function readAgain(): void {
  recoveries++;
  listeners.forEach((listener) => listener());
}

/** What keeps the server from answering, or undefined. */
export const currentOutage = (): ApiError | undefined => outage;

/** How often the server came back. */
export const recoveryCount = (): number => recoveries;

/** Calls the listener at every change, until the returned function is called. */
export function onOutageChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
