import { useCallback, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
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

/** The keys that the filter in the address describes, page by page. */
export function useKeyList(): KeyList {
  const [params, setParams] = useSearchParams();
  const q = params.get('q') ?? '';
  const state = known(params.get('state'), STATES) ?? '';
  const role = known(params.get('role'), ROLES) ?? '';
  const pool = params.get('pool') ?? '';
  const sort = known(params.get('sort'), SORTS) ?? DEFAULT_SORT;
  const [size, setSize] = useState(50);
  // The server leads forward only, by cursors; going back uses those of the pages that were seen.
  const question = [q, state, role, pool, sort, size].join('\n');
  const [way, setWay] = useState<{ question: string; cursors: string[] }>({ question, cursors: [] });
  const cursors = way.question === question ? way.cursors : [];
  const cursor = cursors.at(-1);

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
  const next = query.data?.nextCursor;

  const setFilter = (change: Partial<KeyFilter>) =>
    setParams(
      (last) => {
        const changed = new URLSearchParams(last);
        for (const [name, value] of Object.entries(change)) {
          if (value && !(name === 'sort' && value === DEFAULT_SORT)) {
            changed.set(name, value);
          } else {
            changed.delete(name);
          }
        }
        return changed;
      },
      { replace: true }
    );

  return {
    ...query,
    reload,
    total: number.loading || number.error ? undefined : number.data?.total,
    filter: { q, state, role, pool, sort },
    setFilter,
    filtered: Boolean(q || state || role || pool),
    size,
    setSize,
    first: cursors.length * size,
    toNext: next && !query.loading ? () => setWay({ question, cursors: [...cursors, next] }) : undefined,
    toPrevious:
      cursors.length && !query.loading ? () => setWay({ question, cursors: cursors.slice(0, -1) }) : undefined,
  };
}
