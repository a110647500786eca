import { useEffect } from 'react';
import { useLocation } from 'react-router-dom';

/**
 * Puts the focus on a page's heading when the page is there: a screen reader says where one has come, and Tab goes on
 * from there. Nothing does so by itself where no document is loaded. A dialog that is open keeps the focus.
 */
export function useFocusOnHeading(): void {
  const { pathname } = useLocation();
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>('main h1');
    if (!heading || document.querySelector('[role="dialog"]')) {
      return;
    }
    heading.tabIndex = -1;
    heading.style.outline = heading.style.boxShadow = 'none'; // nothing can be pressed there
    heading.focus({ preventScroll: true });
  }, [pathname]);
}
