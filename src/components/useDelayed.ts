import { useEffect, useRef, useState } from 'react';

/** How long typing must pause before the search goes out, in milliseconds. */
const PAUSE = 250;

/** A text that reports its changes only when typing pauses; a change from outside wins. */
export function useDelayed(value: string, report: (value: string) => void): [string, (value: string) => void] {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  const type = (next: string) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => report(next), PAUSE);
  };
  return [typed, type];
}
