import { getBackendSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { PLUGIN_ID } from '../constants';
import { setClock } from './clock';
import { toApiError } from './errors';
import { reportOutage } from './status';
import { whileUnderWay } from './underWay';
import type {
  AuditList,
  AuditQuery,
  CheckedEndpoint,
  CheckEndpoint,
  ClientList,
  CreateKey,
  CreatePool,
  DenialList,
  DenialQuery,
  Endpoint,
  EndpointList,
  EndpointSpec,
  Health,
  Import,
  ImportQuery,
  Key,
  KeyList,
  KeyQuery,
  KeysStats,
  KeyUsage,
  IssuedKey,
  Notice,
  NoticeList,
  NoticeQuery,
  Policy,
  Pool,
  PoolList,
  RevokedPool,
  RotatedPool,
  RotateKey,
  RotatePool,
  Stats,
  StatsQuery,
  UpdateKey,
  UpdatePolicy,
  Verdict,
  VerifyToken,
  Whoami,
} from './types';

/** Where the resource API lies, under Grafana and under the console alike. */
export const API_BASE = `/api/plugins/${PLUGIN_ID}/resources`;

/**
 * The resource API. Every call rejects with an ApiError. Nothing is cached, and nothing is shown to the user from
 * here: the page that asked knows where the answer belongs.
 */
export const api = {
  keys: (query: KeyQuery, signal?: AbortSignal) => request<KeyList>('GET', '/v1/keys', { query: { ...query }, signal }),
  key: (id: string, signal?: AbortSignal) => request<Key>('GET', keyPath(id), { signal }),
  clients: (id: string, signal?: AbortSignal) => request<ClientList>('GET', `${keyPath(id)}/clients`, { signal }),
  usage: (id: string, days: number, signal?: AbortSignal) =>
    request<KeyUsage>('GET', `${keyPath(id)}/usage`, { query: { days }, signal }),
  /** The use of some keys on each of the last days, the oldest first. */
  keysStats: (id: readonly string[], since: string, signal?: AbortSignal) =>
    request<KeysStats>('GET', '/v1/stats/keys', { query: { id, since }, signal }),
  createKey: (key: CreateKey) => request<IssuedKey>('POST', '/v1/keys', { body: key }),
  updateKey: (id: string, change: UpdateKey) => request<Key>('PATCH', keyPath(id), { body: change }),
  disableKey: (id: string) => request<Key>('PATCH', keyPath(id), { body: { enabled: false } }),
  deleteKey: (id: string) => request<void>('DELETE', keyPath(id)),
  revokeKey: (id: string) => request<Key>('POST', `${keyPath(id)}/revoke`, { body: {} }),
  endToken: (id: string, token: string) =>
    request<void>('DELETE', `${keyPath(id)}/tokens/${encodeURIComponent(token)}`),
  rotateKey: (id: string, rotation: RotateKey) =>
    request<IssuedKey>('POST', `${keyPath(id)}/rotate`, { body: rotation }),
  /** Shows what would be taken over out of a database of another system; with `apply`, takes it over. */
  importKeys: (query: ImportQuery, database: Blob) =>
    request<Import>('POST', '/v1/imports', { query: { ...query }, body: database, onlyAsks: !query.apply }),
  pools: (signal?: AbortSignal) => request<PoolList>('GET', '/v1/pools', { signal }),
  createPool: (pool: CreatePool) => request<Pool>('POST', '/v1/pools', { body: pool }),
  /** With `force`, the keys of the pool that can be used are revoked in the same act; without, they are a conflict. */
  deletePool: (name: string, force: boolean) =>
    request<void>('DELETE', poolPath(name), { query: { force: force || undefined } }),
  revokePool: (name: string) => request<RevokedPool>('POST', `${poolPath(name)}/revoke`, { body: {} }),
  /** One step of the rotation of all its keys; `nextCursor` leads to the next. */
  rotatePool: (name: string, step: RotatePool) =>
    request<RotatedPool>('POST', `${poolPath(name)}/rotate`, { body: step }),
  audit: (query: AuditQuery, signal?: AbortSignal) =>
    request<AuditList>('GET', '/v1/audit', { query: { ...query }, signal }),
  denials: (query: DenialQuery, signal?: AbortSignal) =>
    request<DenialList>('GET', '/v1/denials', { query: { ...query }, signal }),
  stats: (query: StatsQuery, signal?: AbortSignal) =>
    request<Stats>('GET', '/v1/stats', { query: { ...query }, signal }),
  verify: (question: VerifyToken) =>
    request<Verdict>('POST', '/v1/verify', { body: { ...question, dryRun: true }, withoutStore, onlyAsks }),
  endpoints: (signal?: AbortSignal) => request<EndpointList>('GET', '/v1/endpoints', { signal, withoutStore }),
  createEndpoint: (spec: EndpointSpec) => request<Endpoint>('POST', '/v1/endpoints', { body: spec }),
  updateEndpoint: (name: string, change: EndpointSpec) =>
    request<Endpoint>('PATCH', endpointPath(name), { body: change }),
  deleteEndpoint: (name: string) => request<void>('DELETE', endpointPath(name)),
  /** Says what would come of a change, and changes nothing. */
  checkEndpoint: (spec: CheckEndpoint, signal?: AbortSignal) =>
    request<CheckedEndpoint>('POST', '/v1/endpoints/check', { body: spec, signal, onlyAsks }),
  notices: (query: NoticeQuery, signal?: AbortSignal) =>
    request<NoticeList>('GET', '/v1/notices', { query: { ...query }, signal }),
  retryNotice: (id: string) => request<Notice>('POST', `/v1/notices/${encodeURIComponent(id)}/retry`, { body: {} }),
  testNotices: () => request<NoticeList>('POST', '/v1/notices/test', { body: {} }),
  updatePolicy: (change: UpdatePolicy) => request<Policy>('PATCH', '/v1/policy', { body: change }),
  policy: (signal?: AbortSignal) => request<Policy>('GET', '/v1/policy', { signal, withoutStore }),
  whoami: (signal?: AbortSignal) => request<Whoami>('GET', '/v1/whoami', { signal, withoutStore }),
  health: (signal?: AbortSignal) => request<Health>('GET', '/v1/health', { signal, withoutStore }),
};

const keyPath = (id: string) => `/v1/keys/${encodeURIComponent(id)}`;
const endpointPath = (name: string) => `/v1/endpoints/${encodeURIComponent(name)}`;
const poolPath = (name: string) => `/v1/pools/${encodeURIComponent(name)}`;

/** For what the server answers from memory: that it does is no sign that the store is back. */
const withoutStore = true;

const onlyAsks = true;

interface Options {
  query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  withoutStore?: boolean;
  /** It changes nothing, whatever its method is. */
  onlyAsks?: boolean;
}

function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const answer = send<T>(method, path, options);
  return method === 'GET' || options.onlyAsks ? answer : whileUnderWay(answer);
}

async function send<T>(method: string, path: string, { query, body, signal, ...options }: Options): Promise<T> {
  try {
    const response = await lastValueFrom(
      getBackendSrv().fetch<T>({
        url: API_BASE + path,
        method,
        params: given(query),
        data: body,
        ...(body instanceof Blob ? { headers: { 'Content-Type': 'application/octet-stream' } } : {}),
        abortSignal: signal,
        showErrorAlert: false,
        showSuccessAlert: false,
      })
    );
    setClock(response.headers?.get('Date')); // tests have no headers
    if (!options.withoutStore) {
      reportOutage(undefined);
    }
    return response.data;
  } catch (reason) {
    if (signal?.aborted) {
      throw reason;
    }
    const error = toApiError(reason);
    if (error.temporary || !options.withoutStore) {
      reportOutage(error.temporary ? error : undefined);
    }
    throw error;
  }
}

/** The parameters that have a value: the server takes an empty one for a filter on what is empty. */
function given(query: Options['query'] = {}) {
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined && value !== '' && !isEmpty(value))
  );
}

const isEmpty = (value: unknown) => Array.isArray(value) && !value.length;
