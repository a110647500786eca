import { useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import { serverTime } from '../api/clock';
import { AUDIT_ACTIONS, type AuditAction, type AuditQuery } from '../api/types';
import { DAY } from '../format';
import { withUnread } from './unread';

/** Since when entries are shown, with the seconds that this looks back; none for all of them. */
export const SPANS = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const;
export type Span = keyof typeof SPANS;

/** What the trail shows; kept in the address, so that it can be shared and survives going back. */
export interface AuditFilter {
  q: string;
  action: AuditAction | '';
  actor: string;
  since: Span | '';
}

/** The filter in the address, with how to change it, and the question that it is to the server. */
export function useAuditFilter() {
  const [params, setParams] = useSearchParams();
  const text = (name: string) => params.get(name) ?? '';
  const action = AUDIT_ACTIONS.find((one) => one === text('action')) ?? '';
  const actor = text('actor');
  const since = text('since');
  const span = isSpan(since) ? since : '';
  const read = { action, since: span };
  const q = withUnread(text('q'), text, read);

  const setFilter = (change: Partial<AuditFilter>) =>
    setParams(
      (last) => {
        const changed = new URLSearchParams(last);
        if ('q' in change) {
          // which has the words that stand for them
          Object.entries(read).forEach(([name, value]) => value || changed.delete(name));
        }
        for (const [name, value] of Object.entries(change)) {
          if (value) {
            changed.set(name, value);
          } else {
            changed.delete(name);
          }
        }
        return changed;
      },
      { replace: 'q' in change || 'actor' in change } // each letter would be a step back otherwise
    );
  // The moment stays as long as the choice does: pages follow each other only if all are counted from the same.
  const from = useMemo(() => momentOf(span), [span]);
  const query = useMemo<AuditQuery>(() => ({ q, action, actor, since: from }), [q, action, actor, from]);
  return { filter: { q, action, actor, since: span } satisfies AuditFilter, setFilter, query };
}

const isSpan = (value: string): value is Span => Object.hasOwn(SPANS, value);

/** The moment that lies as far back as a span is long. */
const momentOf = (span: Span | '') => (span ? new Date(serverTime() - SPANS[span] * 1000).toISOString() : undefined);
