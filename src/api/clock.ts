/*
 * The server's clock, by which keys end. A computer's own may be hours off: a key that ends in three days would have
 * ended long ago there.
 */

/** Less is the way of the answer, and the parts of seconds that its time lacks; in milliseconds. */
const TRIFLE = 30_000;

let ahead = 0;

/**
 * Learns the server's time from an answer that has just come.
 * @param date its Date, if it has one
 */
export function setClock(date: string | null | undefined): void {
  const difference = date ? Date.parse(date) - Date.now() : NaN;
  if (!isNaN(difference)) {
    ahead = Math.abs(difference) > TRIFLE ? difference : 0;
  }
}

/** The time of the server, in milliseconds. */
export const serverTime = (): number => Date.now() + ahead;
