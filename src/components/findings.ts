import { api } from '../api/client';
import type { Endpoint, Key, Permission, Verdict } from '../api/types';

/** What was found out about a token. */
export interface Findings {
  /** What the server thinks of it without an endpoint. */
  overall: Verdict;
  /** The key that it is of. */
  key?: Key;
  /** The key whose public part it has; the secret is another. */
  resembles?: Key;
  /** Whether it is let in at each endpoint. */
  at: Array<{ endpoint: Endpoint; verdict: Verdict }>;
  /** Whether it is let in with the request that was asked about, and where that leads: by the gate's own rules. */
  request?: Verdict;
}

/** What it is asked for. */
export interface Question {
  token: string;
  /** From where it comes; empty if that is not said. */
  address: string;
  permission: Permission | '';
  /** A request that it comes with. */
  request?: TypedRequest;
}

/** The token in what was pasted, which may be a header, a line of a configuration, or a token between quotes. */
export function tokenIn(text: string): string {
  const whole = /\bost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b/.exec(text)?.[0];
  const bare = text.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
  return whole ?? bare.replace(/^(["'])(.*)\1$/, '$2');
}

/** A request that was typed, or copied from a log. */
export interface TypedRequest {
  method: string;
  path: string;
}

/** Reads a request, such as “POST /loki/api/v1/push” or a whole address; undefined for what is none. */
export function readRequest(text: string): TypedRequest | undefined {
  const [, method = 'GET', target] = /^(?:"?([A-Z]+)\s+)?(\S+)/.exec(text.trim()) ?? [];
  if (!target) {
    return undefined;
  }
  const path = /^[a-z]+:\/\/[^/?#]+/i.test(target) ? target.replace(/^[a-z]+:\/\/[^/?#]+/i, '') || '/' : target;
  return path.startsWith('/') ? { method, path: path.split(/[?#]/)[0] } : undefined;
}

/** Codes by which nobody is known: asking further would only be more wrong keys. */
const UNKNOWN: ReadonlyArray<Verdict['code']> = ['invalid_token', 'missing_credentials', 'rate_limited'];

/**
 * Finds out whose token it is, and where it would be let in.
 * @param manages whether keys may be looked for
 */
export async function examine(
  { token, address, permission, request }: Question,
  endpoints: readonly Endpoint[],
  manages: boolean
): Promise<Findings> {
  const from = address ? { address } : {};
  const ask = (endpoint: string) => api.verify({ token, permission, endpoint, ...from });
  const overall = await ask('');
  const similar = async () => {
    const [, id] = /^ost_([0-9A-Za-z]{12})_/.exec(token) ?? [];
    const found = manages && id ? (await api.keys({ q: id, limit: 10 })).keys : [];
    return found.find((key) => key.id === id || key.tokens.some((one) => one.id === id));
  };
  if (UNKNOWN.includes(overall.code)) {
    return { overall, resembles: await similar(), at: [] };
  }
  const at = await Promise.all(endpoints.map(async (endpoint) => ({ endpoint, verdict: await ask(endpoint.name) })));
  return {
    overall,
    key: overall.key ?? at.find(({ verdict }) => verdict.key)?.verdict.key ?? (await similar()),
    at,
    request: request && (await api.verify({ token, ...request, ...from })),
  };
}
