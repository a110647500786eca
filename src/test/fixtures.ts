import type { Key, Policy, Whoami } from '../api/types';

/** A key, with what matters to a test changed. */
export function aKey(change: Partial<Key> = {}): Key {
  return {
    id: '4fjK2n0qPz7a',
    number: 17,
    orgId: 1,
    name: 'edge-agents',
    description: '',
    role: 'Agent',
    pool: '',
    endpoints: [],
    allowedCidrs: [],
    state: 'active',
    enabled: true,
    createdAt: '2026-11-01T08:00:00Z',
    createdBy: 'admin',
    expiresAt: null,
    revokedAt: null,
    rotatedFrom: '',
    replacedBy: '',
    lastUsedAt: null,
    lastUsedFrom: '',
    useCount: 0,
    hint: 'ost_4fjK2n0qPz7a_…x3Qd',
    ...change,
  };
}

/** Well formed, and of no key. */
export const TOKEN = `ost_4fjK2n0qPz7a_${'s'.repeat(49)}`;

export const POLICY: Policy = { defaultTtl: 90 * 86400, maxTtl: 0, roles: ['Admin', 'Editor', 'Viewer', 'Agent'] };

export const ADMIN: Whoami = {
  login: 'admin',
  orgId: 1,
  role: 'Admin',
  keyId: '',
  permissions: ['manage', 'write', 'read', 'ingest'],
};

export const VIEWER: Whoami = { login: 'reader', orgId: 1, role: 'Viewer', keyId: '', permissions: ['read'] };
