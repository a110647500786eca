import { useEffect } from 'react';

/**
 * Does something again and again while the page is looked at.
 * @param pause between two times, in milliseconds; without it, never
 */
export function useEvery(pause: number | undefined, act: () => void): void {
  useEffect(() => {
    if (!pause) {
      return;
    }
    const timer = setInterval(() => document.visibilityState === 'visible' && act(), pause);
    return () => clearInterval(timer);
  }, [pause, act]);
}
