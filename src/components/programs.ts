import type { Endpoint } from '../api/types';

/*
 * What the programs behind endpoints are fed and read by: facts for snippets and templates. Each function returns a path
 * at the gate, undefined for an endpoint that is not of that sort. Of one without a kind, the path itself says what it is.
 */

/** What OTLP carries. */
export type Signal = 'traces' | 'metrics' | 'logs';

/** Where OTLP over HTTP goes: a client appends /v1/traces and its like to the root. */
export interface Otlp {
  root: string;
  signals: Signal[];
}

/** All that it carries. */
export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

/** The part of each kind's paths to which OTLP goes. */
const OTLP: Record<string, [path: string, signal: Signal]> = {
  cortex: ['/api/v1/otlp', 'metrics'],
  loki: ['/otlp', 'logs'],
  mimir: ['/otlp', 'metrics'],
  prometheus: ['/api/v1/otlp', 'metrics'],
  tempo: ['', 'traces'],
  victoriametrics: ['/opentelemetry', 'metrics'],
};

/** The path of each kind to which Prometheus' remote write goes. */
const REMOTE_WRITE: Record<string, string> = {
  cortex: '/api/v1/push',
  mimir: '/api/v1/push',
  prometheus: '/api/v1/write',
  victoriametrics: '/api/v1/write',
};

/** Kinds that Grafana reads as data sources, with the type of each and the path that it asks below. */
const DATA_SOURCES: Record<string, [type: string, path: string]> = {
  cortex: ['prometheus', '/prometheus'],
  loki: ['loki', ''],
  mimir: ['prometheus', '/prometheus'],
  prometheus: ['prometheus', ''],
  pyroscope: ['grafana-pyroscope-datasource', ''],
  tempo: ['tempo', ''],
  victoriametrics: ['prometheus', ''],
};

/** The path of an endpoint to put something behind. */
const base = ({ path }: Endpoint) => path.replace(/\/$/, '');

/** The first path that has a form, with what matches. */
function matching({ paths }: Endpoint, form: RegExp): RegExpExecArray | undefined {
  return paths.map((path) => form.exec(path)).find((match) => match !== null) ?? undefined;
}

/** Where OTLP over HTTP goes. */
export function otlpAt(endpoint: Endpoint): Otlp | undefined {
  const known = OTLP[endpoint.kind];
  if (known) {
    return { root: base(endpoint) + known[0], signals: [known[1]] };
  }
  if (endpoint.kind) {
    return undefined;
  }
  const match = matching(endpoint, /^(.*?)\/v1(?:\/(traces|metrics|logs))?$|^(.*\/otlp)$|^(\/)$/);
  if (!match) {
    return undefined;
  }
  const [, before, , otlp] = match;
  const roots = endpoint.paths.map((path) => /\/v1\/(traces|metrics|logs)$/.exec(path)?.[1]);
  const signals = SIGNALS.filter((signal) => roots.includes(signal));
  return { root: before ?? otlp ?? '', signals: signals.length ? signals : [...SIGNALS] };
}

/** Where lines of logs are pushed to, as Promtail does. */
export function logsAt(endpoint: Endpoint): string | undefined {
  return endpoint.kind === 'loki'
    ? `${base(endpoint)}/loki/api/v1/push`
    : endpoint.kind
      ? undefined
      : matching(endpoint, /^.*\/loki\/api\/v1\/push$/)?.[0];
}

/** Where remote write goes. */
export function remoteWriteAt(endpoint: Endpoint): string | undefined {
  const known = REMOTE_WRITE[endpoint.kind];
  return known
    ? base(endpoint) + known
    : endpoint.kind
      ? undefined
      : matching(endpoint, /^(?!.*\/loki\/).*\/api\/v1\/(push|write)$/)?.[0];
}

/** The address of a Pyroscope server to which clients send profiles. */
export function profilesAt(endpoint: Endpoint): string | undefined {
  return endpoint.kind === 'pyroscope'
    ? base(endpoint)
    : endpoint.kind
      ? undefined
      : matching(endpoint, /^(.*?)\/(ingest|push\.v1\.PusherService(\/Push)?)$/)?.[1];
}

/** The path of metrics that Prometheus scrapes; that of an endpoint which is read and has no kind, in need. */
export function scrapedAt(endpoint: Endpoint): string | undefined {
  if (endpoint.kind) {
    return undefined;
  }
  const path = endpoint.paths.find((one) => one.endsWith('/metrics')) ?? endpoint.paths[0];
  return path === '/' ? '/metrics' : path;
}

/** The type of Grafana's data source for an endpoint, and the path that it asks below. */
export function dataSourceAt(endpoint: Endpoint): { type: string; path: string } | undefined {
  const known = DATA_SOURCES[endpoint.kind];
  return known && { type: known[0], path: base(endpoint) + known[1] };
}
