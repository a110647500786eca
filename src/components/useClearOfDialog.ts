import { useLayoutEffect, useState, type CSSProperties } from 'react';

/** The room that a message takes, in pixels. */
const ROOM = 160;
const GAP = 12;

/**
 * Where a message goes so that it covers neither head nor actions of a dialog: below the dialog, or else above its last
 * button, over what can be scrolled; undefined where no dialog is in the way.
 * @param shown whether there is a message; nothing is looked at otherwise
 */
export function useClearOfDialog(shown: boolean): CSSProperties | undefined {
  const [place, setPlace] = useState<CSSProperties>();
  useLayoutEffect(() => {
    if (!shown) {
      return;
    }
    const look = () =>
      setPlace((last) => {
        const now = clearPlace();
        return now?.top === last?.top && now?.bottom === last?.bottom ? last : now;
      });
    look();
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    window.addEventListener('resize', look);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', look);
    };
  }, [shown]);
  return place;
}

function clearPlace(): CSSProperties | undefined {
  const dialog = [...document.querySelectorAll('[role="dialog"]')].pop();
  const head = dialog?.querySelector('h2');
  if (!dialog || !head) {
    return undefined;
  }
  const { bottom } = dialog.getBoundingClientRect();
  if (window.innerHeight - bottom > ROOM) {
    return { top: bottom + GAP, bottom: 'auto' };
  }
  const below = head.getBoundingClientRect().bottom;
  const actions = [...dialog.querySelectorAll('button')].pop()?.getBoundingClientRect().top ?? 0;
  return actions - below > 1.5 * ROOM
    ? { top: 'auto', bottom: window.innerHeight - actions + GAP }
    : { top: below + GAP, bottom: 'auto' };
}
