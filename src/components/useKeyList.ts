import { useCallback, useEffect } from 'react';
import { useLocation, useSearchParams, type NavigateOptions } from 'react-router-dom';
import { api } from '../api/client';
import { ROLES, STATES, type KeyList as KeyListPage, type KeySort, type KeyState, type Role } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** What the list shows; kept in the address, so that it can be shared and survives going back. */
export interface KeyFilter {
  q: string;
  state: KeyState | '';
  role: Role | '';
  pool: string;
  sort: KeySort;
}

export interface KeyList extends Query<KeyListPage> {
  filter: KeyFilter;
  setFilter: (change: Partial<KeyFilter>) => void;
  /** Whether anything is left out. */
  filtered: boolean;
  /** How many keys there are on all pages, once they are counted. */
  total?: number;
  size: number;
  setSize: (size: number) => void;
  /** Index of the first key shown, from 0. */
  first: number;
  toNext?: () => void;
  toPrevious?: () => void;
}

const SORTS: readonly KeySort[] = [
  'name',
  '-name',
  'createdAt',
  '-createdAt',
  'expiresAt',
  '-expiresAt',
  'lastUsedAt',
  '-lastUsedAt',
];
const DEFAULT_SORT: KeySort = 'name';

/** The value if it is one of those that are known: an address may hold anything. */
const known = <T extends string>(value: string | null, all: readonly T[]) => all.find((one) => one === value);

/** How many rows a page can have. */
export const SIZES = [25, 50, 100];
const DEFAULT_SIZE = 50;

/** What the browser's history keeps with an address: the cursors that led to it. */
interface Way {
  cursors: string[];
}

/** The keys that the filter in the address describes, page by page. */
export function useKeyList(): KeyList {
  const [params, setParams] = useSearchParams();
  const { state: remembered } = useLocation();
  const q = params.get('q') ?? '';
  const state = known(params.get('state'), STATES) ?? '';
  const role = known(params.get('role'), ROLES) ?? '';
  const pool = params.get('pool') ?? '';
  const sort = known(params.get('sort'), SORTS) ?? DEFAULT_SORT;
  const size = SIZES.find((n) => n === Number(params.get('rows'))) ?? DEFAULT_SIZE;
  const cursor = params.get('cursor') ?? undefined;
  const page = cursor ? Math.max(2, Math.trunc(Number(params.get('p'))) || 2) : 1;

  const read = useCallback(
    (signal: AbortSignal) => api.keys({ q, state, role, pool, sort, cursor, limit: size }, signal),
    [q, state, role, pool, sort, cursor, size]
  );
  const query = useQuery(read);
  // Counting a million keys takes longer than reading fifty, so the rows do not wait for it.
  const number = useQuery(
    useCallback(
      (signal: AbortSignal) => api.keys({ q, state, role, pool, limit: 1, count: true }, signal),
      [q, state, role, pool]
    )
  );
  const { reload: readAgain } = query;
  const { reload: countAgain } = number;
  const reload = useCallback(() => {
    readAgain();
    countAgain();
  }, [readAgain, countAgain]);

  const change = useCallback(
    (values: Record<string, string>, options?: NavigateOptions) =>
      setParams((last) => {
        const changed = new URLSearchParams(last);
        for (const [name, value] of Object.entries({ p: '', cursor: '', ...values })) {
          if (value) {
            changed.set(name, value);
          } else {
            changed.delete(name);
          }
        }
        return changed;
      }, options),
    [setParams]
  );
  const setFilter = (wanted: Partial<KeyFilter>) =>
    change(
      Object.fromEntries(
        Object.entries(wanted).map(([name, value]) => [name, name === 'sort' && value === DEFAULT_SORT ? '' : value])
      ),
      { replace: 'q' in wanted } // each letter would be a step back otherwise
    );

  // The server leads forward only, by cursors. Who came by a link knows none of the pages before but the first.
  const way = !cursor ? [] : isWay(remembered) && remembered.cursors.at(-1) === cursor ? remembered.cursors : [cursor];
  const turnTo = (to: number, cursors: string[]) =>
    change({ cursor: cursors.at(-1) ?? '', p: cursors.length ? String(to) : '' }, { state: { cursors } satisfies Way });
  const next = query.data?.nextCursor;

  // A cursor from an address may be of another order or an older server; then the first page is shown.
  const lost = Boolean(cursor && query.error?.fields.some(({ field }) => field === 'cursor'));
  useEffect(() => {
    if (lost) {
      change({}, { replace: true });
    }
  }, [lost, change]);

  return {
    ...query,
    reload,
    total: number.loading || number.error ? undefined : number.data?.total,
    filter: { q, state, role, pool, sort },
    setFilter,
    filtered: Boolean(q || state || role || pool),
    size,
    setSize: (rows) => change({ rows: rows === DEFAULT_SIZE ? '' : String(rows) }),
    first: (page - 1) * size,
    toNext: next && !query.loading ? () => turnTo(page + 1, [...way, next]) : undefined,
    toPrevious: cursor && !query.loading ? () => turnTo(page - 1, way.slice(0, -1)) : undefined,
  };
}

const isWay = (state: unknown): state is Way =>
  typeof state === 'object' && state !== null && 'cursors' in state && Array.isArray(state.cursors);
