import { useEffect, useState, type RefObject } from 'react';

/**
 * Whether what an element holds is wider than the element.
 * @param wanted whether it can be
 * @param content what it holds; it is looked at again when that changes
 */
export function useOverflow(of: RefObject<HTMLElement>, wanted: boolean, content: unknown): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const frame = of.current;
    if (!wanted || !frame || typeof ResizeObserver === 'undefined') {
      return undefined;
    }
    const observer = new ResizeObserver(() => setOver(frame.scrollWidth > frame.clientWidth));
    observer.observe(frame); // which looks at once
    return () => observer.disconnect();
  }, [of, wanted, content]);
  return wanted && over;
}
