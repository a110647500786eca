import { useCallback, type KeyboardEvent } from 'react';

/** Lets the arrow keys lead from row to row in a table, to what is at the same place in the next one. */
export function useRowKeys(): (event: KeyboardEvent<HTMLElement>) => void {
  return useCallback((event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = event.target as HTMLElement;
    const row = at.closest('tr');
    if (!by || !row || event.altKey || event.ctrlKey || event.metaKey || at.closest('[role="menu"]')) {
      return;
    }
    const next = by > 0 ? row.nextElementSibling : row.previousElementSibling;
    const place = stops(row).indexOf(at);
    const target = next && (stops(next)[place] ?? stops(next)[0]);
    if (target) {
      event.preventDefault();
      target.focus();
      target.scrollIntoView({ block: 'nearest' });
    }
  }, []);
}

/** What can have the focus in a row. */
const stops = (row: Element) => [...row.querySelectorAll<HTMLElement>('a[href], button, input')];
