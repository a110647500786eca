import { config } from '@grafana/runtime';
import { API_BASE } from './client';
import { readEvents } from './events';
import type { Denial, DenialQuery } from './types';

/** How long nothing may come, in milliseconds: the server sends something every 15 seconds. */
const QUIET = 40_000;
/** How long after a stream has ended it is taken up again, in milliseconds. */
const AGAIN = 1000;
/** How long after a failure, in milliseconds. */
const AFTER_FAILURE = 15_000;

/** In Grafana the browser's cookie says who one is, and this in which of their organizations. */
let credentials = (): Record<string, string> => {
  const orgId = config.bootData?.user?.orgId;
  return orgId ? Object.fromEntries([['X-Grafana-Org-Id', String(orgId)]]) : {};
};

/** Says how requests show who one is, where the browser's cookies do not. */
export function setCredentials(headers: () => Record<string, string>): void {
  credentials = headers;
}

interface Follow {
  query: DenialQuery;
  /** The last that is known, or from when on. */
  after: number | { since: string };
  onDenial: (denial: Denial) => void;
  /** Called when a stream is there, and when none is to be had: then one has to ask again and again. */
  onLive: (live: boolean) => void;
  signal: AbortSignal;
}

/** Follows refused requests as they happen, until it is told to stop. */
export async function followDenials({ query, after, onDenial, onLive, signal }: Follow): Promise<void> {
  let last = typeof after === 'number' ? after : 0;
  while (!signal.aborted) {
    let pause = AGAIN;
    try {
      await readEvents(
        (abort) => {
          const since = last || typeof after === 'number' ? undefined : after.since;
          return fetch(urlOf({ ...query, since }), {
            headers: { Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': `${last}` } : {}), ...credentials() },
            cache: 'no-store',
            credentials: 'same-origin',
            signal: abort,
          });
        },
        ({ event, data }) => {
          if (event === 'denial') {
            const denial = JSON.parse(data) as Denial;
            last = Math.max(last, denial.id);
            onDenial(denial);
          }
        },
        { onOpen: () => onLive(true), signal, quiet: QUIET }
      );
    } catch {
      if (!signal.aborted) {
        onLive(false);
      }
      pause = AFTER_FAILURE;
    }
    await sleep(pause, signal);
  }
}

function urlOf(query: DenialQuery): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
  return `${config.appSubUrl ?? ''}${API_BASE}/v1/denials${given.length ? `?${new URLSearchParams(given)}` : ''}`;
}

const sleep = (pause: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, pause);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
