import { useCallback, useEffect, useMemo, useState } from 'react';
import { useLocation, useSearchParams, type NavigateOptions } from 'react-router-dom';
import { begin, hold } from '../api/ahead';
import { api } from '../api/client';
import {
  ROLES,
  STATES,
  type KeyList as KeyListPage,
  type KeyQuery,
  type KeySort,
  type KeyState,
  type Role,
} from '../api/types';
import { useQuery, type Query } from '../api/useQuery';
import { parseTtl } from '../ttl';
import { withUnread } from './unread';

/** What the list shows; kept in the address, so that it can be shared and survives going back. */
export interface KeyFilter {
  q: string;
  state: KeyState | '';
  role: Role | '';
  pool: string;
  owner: string;
  /** Each as name=value, or a name alone. */
  label: string[];
  tenant: string;
  endpoint: string;
  /** For how long they were not used, such as 30d. */
  unused: string;
  /** Within what time they end, such as 7d. */
  expires: string;
}

/** The usual choices of how long keys were not used. */
export const UNUSED = ['30d', '90d'] as const;
/** The usual choices of when keys end. */
export const EXPIRES = ['7d', '30d'] as const;

export interface KeyList extends Query<KeyListPage> {
  filter: KeyFilter;
  setFilter: (change: Partial<KeyFilter>) => void;
  sort: KeySort;
  setSort: (sort: KeySort) => void;
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
  const filter = useFilter(params);
  const { sort, cursor, limit: size } = orderOf(params);
  const page = cursor ? Math.max(2, Math.trunc(Number(params.get('p'))) || 2) : 1;

  const read = useCallback(
    (signal: AbortSignal) => api.keys({ ...filter, sort, cursor, limit: size }, signal),
    [filter, sort, cursor, size]
  );
  const name = nameOf({ ...filter, sort, cursor, limit: size });
  useState(() => hold(name));
  const query = useQuery(read, name);
  // Counting a million keys takes longer than reading fifty, so the rows do not wait for it.
  const number = useQuery(
    useCallback((signal: AbortSignal) => api.keys({ ...filter, limit: 1, count: true }, signal), [filter])
  );
  const { reload: readAgain } = query;
  const { reload: countAgain } = number;
  const reload = useCallback(() => {
    readAgain();
    countAgain();
  }, [readAgain, countAgain]);

  const change = useCallback(
    (values: Record<string, string | readonly string[]>, options?: NavigateOptions) =>
      setParams((last) => {
        const changed = new URLSearchParams(last);
        for (const [name, value] of Object.entries({ p: '', cursor: '', ...values })) {
          changed.delete(name);
          [value].flat().forEach((one) => one && changed.append(name, one));
        }
        return changed;
      }, options),
    [setParams]
  );
  const setFilter = (wanted: Partial<KeyFilter>) => {
    change(wanted, { replace: 'q' in wanted }); // each letter would be a step back otherwise
  };

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
    filter,
    setFilter,
    sort,
    setSort: (by) => change({ sort: by === DEFAULT_SORT ? '' : by }),
    filtered: Object.values(filter).flat().some(Boolean),
    size,
    setSize: (rows) => change({ rows: rows === DEFAULT_SIZE ? '' : String(rows) }),
    first: (page - 1) * size,
    toNext: next && !query.loading ? () => turnTo(page + 1, [...way, next]) : undefined,
    toPrevious: cursor && !query.loading ? () => turnTo(page - 1, way.slice(0, -1)) : undefined,
  };
}

/** Asks for the rows that an address describes, before the page is there that shows them. */
export function beginList(params: URLSearchParams): void {
  const query = { ...filterOf(params), ...orderOf(params) };
  begin(nameOf(query), (signal) => api.keys(query, signal));
}

/** What the question for a page of keys is called. */
const nameOf = (query: KeyQuery) => `keys ${JSON.stringify(Object.entries(query).sort())}`;

/** In which order, from where on, and how many. */
function orderOf(params: URLSearchParams) {
  return {
    sort: known(params.get('sort'), SORTS) ?? DEFAULT_SORT,
    cursor: params.get('cursor') ?? undefined,
    limit: SIZES.find((n) => n === Number(params.get('rows'))) ?? DEFAULT_SIZE,
  };
}

/** The filter that an address describes; the same object as long as that is the same. */
function useFilter(params: URLSearchParams): KeyFilter {
  const said = new URLSearchParams(FILTERS.flatMap((name) => params.getAll(name).map((value) => [name, value])));
  const text = said.toString();
  return useMemo(() => filterOf(new URLSearchParams(text)), [text]);
}

const FILTERS = ['q', 'state', 'role', 'pool', 'owner', 'label', 'tenant', 'endpoint', 'unused', 'expires'] as const;

function filterOf(params: URLSearchParams): KeyFilter {
  const text = (name: string) => params.get(name) ?? '';
  const read: Pick<KeyFilter, 'state' | 'role' | 'unused' | 'expires'> = {
    state: known(text('state'), STATES) ?? '',
    role: known(text('role'), ROLES) ?? '',
    unused: text('unused') === NEVER ? NEVER : span(text('unused')),
    expires: span(text('expires')),
  };
  return {
    ...read,
    q: withUnread(text('q'), text, read),
    pool: text('pool'),
    owner: text('owner'),
    label: params.getAll('label').filter(Boolean),
    tenant: text('tenant'),
    endpoint: text('endpoint'),
  };
}

/** In the place of a time: those that were never used. */
export const NEVER = 'never';

/** A time as the server takes one; nothing for what is none. */
const span = (text: string) => (parseTtl(text) ? text : '');

const isWay = (state: unknown): state is Way =>
  typeof state === 'object' && state !== null && 'cursors' in state && Array.isArray(state.cursors);
