import { useCallback, useEffect, useRef, useState } from 'react';

/** How high an element is, in pixels, as it changes; and the reference by which it is told. */
export function useHeight(): [ref: (element: HTMLElement | null) => void, height: number] {
  const [height, setHeight] = useState(0);
  const watching = useRef<ResizeObserver>();
  const ref = useCallback((element: HTMLElement | null) => {
    watching.current?.disconnect();
    if (!element || typeof ResizeObserver === 'undefined') {
      setHeight(0);
      return;
    }
    watching.current = new ResizeObserver(() => setHeight(element.offsetHeight));
    watching.current.observe(element);
  }, []);
  useEffect(() => () => watching.current?.disconnect(), []);
  return [ref, height];
}
