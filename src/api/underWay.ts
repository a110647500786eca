import { useSyncExternalStore } from 'react';

/*
 * How many requests that write are under way. Whoever leaves a dialog while one is cannot know what became of it.
 */

let n = 0;
const listeners = new Set<() => void>();

/** Counts a request that writes until it is answered. */
export async function whileUnderWay<T>(request: Promise<T>): Promise<T> {
  change(1);
  try {
    return await request;
  } finally {
    change(-1);
  }
}

/** Whether a request that writes is under way now. */
export const isUnderWay = () => n > 0;

/** The same, for what is drawn. */
export const useUnderWay = () => useSyncExternalStore(subscribe, isUnderWay);

function change(by: number) {
  n += by;
  listeners.forEach((tell) => tell());
}

function subscribe(tell: () => void) {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}
