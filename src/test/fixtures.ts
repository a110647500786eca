import type { Denial, Endpoint, Key, KeyClient, KeyUsage, Policy, Stats, Whoami } from '../api/types';

/** A key, with what matters to a test changed. */
export function aKey(change: Partial<Key> = {}): Key {
  return {
    id: '4fjK2n0qPz7a',
    number: 17,
    orgId: 1,
    name: 'edge-agents',
    description: '',
    owner: 'admin',
    labels: {},
    role: 'Agent',
    pool: '',
    endpoints: [],
    allowedCidrs: [],
    tenants: [],
    limits: {
      requestsPerSecond: 0,
      burst: 0,
      concurrent: 0,
      bytesPerSecond: 0,
      requestsPerDay: 0,
      bytesPerDay: 0,
    },
    state: 'active',
    enabled: true,
    disabledUntil: null,
    createdAt: '2026-11-01T08:00:00Z',
    createdBy: 'admin',
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    lastUsedFrom: '',
    useCount: 0,
    hint: 'ost_4fjK2n0qPz7a_…x3Qd',
    actions:
      change.state === 'revoked'
        ? ['edit', 'delete']
        : ['edit', 'rotate', change.enabled === false ? 'enable' : 'disable', 'revoke', 'delete'],
    tokens: [aToken()],
    ...change,
  };
}

/** A token of that key, with what matters to a test changed. */
export function aToken(change: Partial<Key['tokens'][number]> = {}): Key['tokens'][number] {
  return {
    id: '4fjK2n0qPz7a',
    hint: 'ost_4fjK2n0qPz7a_…x3Qd',
    state: 'active',
    createdAt: '2026-11-01T08:00:00Z',
    createdBy: 'admin',
    expiresAt: null,
    endedAt: null,
    lastUsedAt: null,
    useCount: 0,
    ...change,
  };
}

/** The use of that key on the 30 days up to 21 November, the last of which are given. */
export function aUsage(...counts: number[]): KeyUsage {
  const days = Array.from({ length: 30 }, (_, i) => ({
    date: new Date(Date.UTC(2026, 10, 21 - 29 + i)).toISOString().slice(0, 10),
    count: counts[i - 30 + counts.length] ?? 0,
    denied: 0,
  }));
  const total = days.reduce((sum, { count }) => sum + count, 0);
  return { keyId: aKey().id, from: days[0].date, to: days[29].date, days, total, denied: 0, rules: [] };
}

/** An endpoint of the gate, with what matters to a test changed. */
export function anEndpoint(change: Partial<Endpoint> = {}): Endpoint {
  return {
    name: 'kuma',
    path: '/kuma',
    paths: change.path ? [change.path] : ['/kuma'],
    kind: '',
    require: 'read',
    methods: {},
    rules: [],
    takes: [change.require || 'read'],
    pool: '',
    orgId: 0,
    proxied: true,
    tenant: null,
    limitPerKey: {},
    onExpired: null,
    upstream: '',
    source: 'file',
    editable: false,
    shadowed: '',
    spec: null,
    created: null,
    changed: null,
    ...change,
  };
}

/** Well formed, and of no key. */
export const TOKEN = `ost_4fjK2n0qPz7a_${'s'.repeat(49)}`;

export const POLICY: Policy = {
  editable: [],
  defaultTtl: 90 * 86400,
  maxTtl: 0,
  roles: ['Admin', 'Editor', 'Viewer', 'Agent'],
  offers: { lifetimes: [30 * 86400, 90 * 86400, 365 * 86400], overlaps: [0, 3600, 86400, 604800], overlap: 86400 },
};

export const ADMIN: Whoami = {
  login: 'admin',
  orgId: 1,
  role: 'Admin',
  keyId: '',
  permissions: ['manage', 'write', 'read', 'ingest'],
};

export const VIEWER: Whoami = { login: 'reader', orgId: 1, role: 'Viewer', keyId: '', permissions: ['read'] };

/** What the gate did on a day: much at 11 o'clock, less at 12, and nothing before. */
export function someStats(change: Partial<Stats> = {}): Stats {
  const points = Array.from({ length: 24 }, (_, i) => ({
    at: new Date(Date.UTC(2026, 10, 27, 13 + i)).toISOString(),
    allowed: i === 22 ? 1000 : i === 23 ? 200 : 0,
    denied: i === 23 ? 7 : 0,
  }));
  const { id, name, owner } = aKey();
  return {
    from: points[0].at,
    to: '2026-11-28T13:00:00Z',
    step: '1h',
    allowed: 1200,
    denied: 7,
    points,
    codes: [{ code: 'expired', requests: 7 }],
    endpoints: [{ endpoint: 'loki', allowed: 1200, denied: 7 }],
    keys: {
      total: 7,
      active: 5,
      disabled: 1,
      expired: 1,
      revoked: 0,
      neverUsed: 1,
      unused90d: 1,
      endingSoon: 2,
    },
    ending: [{ id, name, owner, expiresAt: '2026-12-01T00:00:00Z' }],
    mostUsed: [{ id, name, owner, requests: 1200, denied: 7 }],
    ...change,
  };
}

/** A request with that key that was refused, with what matters to a test changed. */
export function aDenial(change: Partial<Denial> = {}): Denial {
  return {
    id: 1,
    at: '2026-11-28T12:00:00Z',
    count: 1,
    code: 'expired',
    reason: 'The API key has expired. Ask for a new one.',
    keyId: aKey().id,
    keyName: aKey().name,
    tokenId: aKey().id,
    endpoint: 'kuma',
    method: 'GET',
    path: '/kuma/metrics',
    address: '192.0.2.7',
    userAgent: 'Prometheus/3.1.0',
    ...change,
  };
}

/** Somebody who sends that key's token, with what matters to a test changed. */
export function aClient(change: Partial<KeyClient> = {}): KeyClient {
  return {
    address: '192.0.2.7',
    userAgent: 'Alloy/1.12',
    endpoint: 'kuma',
    tenant: '',
    tokenId: aToken().id,
    firstAt: '2026-11-20T08:00:00Z',
    lastAt: '2026-11-28T11:59:00Z',
    requests: 1234,
    denied: 0,
    ...change,
  };
}
