import { useCallback, useEffect, useMemo, useState } from 'react';
import { serverTime } from '../api/clock';
import { api } from '../api/client';
import { followDenials } from '../api/denials';
import { toApiError, type ApiError } from '../api/errors';
import type { Denial, DenialList, DenialQuery } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** How many are read at once. */
const PAGE = 50;
/** How many are held; those that come live push out the oldest. */
const MOST = 500;
/** How often they are asked for where nothing can be followed, in milliseconds. */
const ASK_EVERY = 4000;
/** An entry is written down a little after it happened, in milliseconds. */
const DELAY = 60_000;

export interface Denials extends Omit<Query<DenialList>, 'data'> {
  /** The newest first; undefined until they were read. */
  denials?: Denial[];
  /** How many came while it was paused. */
  waiting: number;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  /** Whether they come as they happen, and not every few seconds. */
  live: boolean;
  /** Reads older ones; undefined if there are none. */
  readMore?: () => void;
  /** Why older ones could not be read. */
  failure?: ApiError;
}

interface Options {
  /** How many are read at first. */
  limit?: number;
  /** Whether they are to come as they happen. The server lets few programs follow, so a part of a page asks instead. */
  follow?: boolean;
}

/**
 * Refused requests, and those that come while they are looked at.
 * @param query the same object as long as the question is the same
 */
export function useDenials(query: DenialQuery, { limit = PAGE, follow = true }: Options = {}): Denials {
  const read = useCallback(
    async (signal: AbortSignal) => {
      const at = serverTime();
      return { ...(await api.denials({ ...query, limit }, signal)), at, query };
    },
    [query, limit]
  );
  const { data, error, loading, reload } = useQuery(read);
  const [more, setMore] = useState<{ of?: unknown; older: Denial[]; cursor: string; newer: Denial[] }>(NOTHING);
  const [paused, setPaused] = useState(false);
  const [seen, setSeen] = useState(0);
  const [live, setLive] = useState(true);
  const [failure, setFailure] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const added = more.of === data ? more : NOTHING;

  useEffect(() => {
    if (!data || data.query !== query) {
      return;
    }
    const abort = new AbortController();
    let asking: ReturnType<typeof setInterval> | undefined;
    const known = new Set(data.denials.map(({ id }) => id));
    const add = (denials: Denial[]) => {
      const fresh = denials.filter(({ id }) => !known.has(id));
      fresh.forEach(({ id }) => known.add(id));
      if (fresh.length && !abort.signal.aborted) {
        setMore((last) => {
          const { older, newer, cursor } = last.of === data ? last : { ...NOTHING, cursor: data.nextCursor };
          return { of: data, older, cursor, newer: [...fresh, ...newer].slice(0, MOST) };
        });
      }
    };
    const ask = () => {
      setLive(false); // else there would be a stream by now
      if (document.visibilityState === 'visible') {
        api.denials({ ...query, limit }, abort.signal).then(
          ({ denials }) => add(denials),
          () => undefined // the banner says that the server does not answer
        );
      }
    };
    const beLive = (now: boolean) => {
      setLive(now);
      clearInterval(asking);
      asking = now ? undefined : setInterval(ask, ASK_EVERY);
    };
    const stop = () => {
      abort.abort();
      clearInterval(asking);
    };
    asking = setInterval(ask, ASK_EVERY); // until something can be followed
    if (!follow) {
      return stop;
    }
    followDenials({
      query: { ...query, since: undefined },
      after: known.size ? Math.max(...known) : { since: new Date(data.at - DELAY).toISOString() },
      onDenial: (denial) => add([denial]),
      onLive: beLive,
      signal: abort.signal,
    });
    return stop;
  }, [data, query, limit, follow]);

  const { newer, older } = added;
  // What came while it was paused is counted from the end, since new ones come in front.
  const waiting = paused ? newer.length - Math.min(seen, newer.length) : 0;
  const denials = useMemo(
    () => data && [...newer.slice(waiting), ...data.denials, ...older],
    [data, newer, older, waiting]
  );
  const cursor = more.of === data && more.of ? more.cursor : (data?.nextCursor ?? '');
  const readMore = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const page = await api.denials({ ...query, cursor, limit: PAGE });
      setMore((last) => {
        const { older, newer } = last.of === data ? last : NOTHING;
        return { of: data, newer, older: [...older, ...page.denials], cursor: page.nextCursor };
      });
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };
  return {
    denials,
    error,
    loading,
    reload,
    waiting,
    paused,
    setPaused: (next) => {
      setSeen(newer.length);
      setPaused(next);
    },
    live,
    readMore: cursor && !busy ? readMore : undefined,
    failure,
  };
}

const NOTHING = { older: [] as Denial[], cursor: '', newer: [] as Denial[] };
