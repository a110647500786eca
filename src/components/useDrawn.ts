import { startTransition, useEffect, useState } from 'react';

/** The height of a row of a table at least, in pixels. */
const ROW = 40;

/**
 * How many rows of a table are drawn: at first those that the window has room for, and the others when those are on the
 * screen. A hundred rows take longer than the server takes to read them.
 */
export function useDrawn(rows: number): number {
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    if (rows > 0) {
      const frame = requestAnimationFrame(() => startTransition(() => setWhole(true)));
      return () => cancelAnimationFrame(frame);
    }
    return undefined;
  }, [rows]);
  return whole ? rows : Math.min(rows, Math.ceil(window.innerHeight / ROW));
}
