import type { AuditEntry } from '../api/types';
import { auditDetail } from './auditDetail';

const entry: AuditEntry = {
  id: 1,
  at: '2026-11-21T18:42:46Z',
  actor: 'ada',
  from: '',
  action: 'update',
  keyId: '4fjK2n0qPz7a',
  keyName: 'edge',
  changes: [],
};

test.each<[Partial<AuditEntry>, string]>([
  [
    {
      changes: [
        { field: 'onExpired.hold', from: null, to: 7200 },
        { field: 'limitPerKey.bytesPerDay', from: null, to: 1e9 },
        { field: 'tenant.header', from: null, to: 'X-Scope-OrgID' },
        { field: 'require', from: 'read', to: 'write' },
        { field: 'defaultTtl', from: '90d', to: '30d' },
      ],
    },
    'expired keys are held for: 2 hours; Bytes per day: 1 GB; header for the tenant: “X-Scope-OrgID”; ' +
      'What a key must grant: read → write; Lifetime when none is chosen: 90d → 30d',
  ],
  [{}, ''],
  [{ state: 'revoked' }, 'state before: Revoked'],
  [{ pool: 'edge' }, 'pool edge'],
  [{ endpoint: 'loki' }, 'endpoint loki'],
  [
    { tokenId: '4fjK2n0qPz7a', until: '2026-11-22T18:42:46Z' },
    'token 4fjK2n0qPz7a; its other tokens work until 2026-11-22 18:42:46',
  ],
  [
    {
      changes: [
        { field: 'role', from: null, to: 'Agent' },
        { field: 'expiresAt', from: null, to: null },
      ],
      origin: { system: 'Grafana', number: '7' },
    },
    'from Grafana, number 7; role: Agent; expires: never',
  ],
  [
    {
      changes: [
        { field: 'description', from: null, to: 'x; role Admin; y' },
        { field: 'expiresAt', from: null, to: '2027-02-19T18:42:46.123Z' },
        { field: 'endpoints', from: null, to: ['kuma', 'pyroscope'] },
      ],
    },
    'description: “x; role Admin; y”; expires: 2027-02-19 18:42:46; endpoints: kuma, pyroscope',
  ],
  [
    {
      changes: [
        { field: 'name', from: 'was revoked', to: 'b' },
        { field: 'description', from: '', to: '2027-02-19T18:42:46Z' },
        { field: 'role', from: 'Viewer', to: 'Agent' },
        { field: 'enabled', from: true, to: false },
        { field: 'allowedCidrs', from: ['10.0.0.0/8'], to: null },
        { field: 'expiresAt', from: '2027-02-19T18:42:46Z', to: null },
        { field: 'limits.burst', from: null, to: 100 },
      ],
    },
    'name: “was revoked” → “b”; description: “” → “2027-02-19T18:42:46Z”; role: Viewer → Agent; enabled: yes → no; ' +
      'addresses: 10.0.0.0/8 → any address; expires: 2027-02-19 18:42:46 → never; Burst: 100',
  ],
  [
    {
      changes: [
        { field: 'owner', from: 'ada', to: '; role Admin' },
        { field: 'owner', from: 'ada', to: '' },
        { field: 'labels', from: null, to: ['env=prod', 'team=sre, all'] },
        { field: 'tenants', from: ['team-a'], to: ['*'] },
        { field: 'tenants', from: ['team-a', 'team-b'], to: null },
        { field: 'limits.bytesPerSecond', from: 5000000, to: null },
        { field: 'disabledUntil', from: null, to: '2026-11-21T18:43:46Z' },
        { field: 'invented', from: null, to: 'x' },
      ],
    },
    'owner: “ada” → “; role Admin”; owner: “ada” → none; labels: “env=prod”, “team=sre, all”; tenants: team-a → *; ' +
      'tenants: team-a, team-b → none; Bytes per second: 5 MB → none; disabled until: 2026-11-21 18:43:46; invented: “x”',
  ],
])('%j', (more, text) => expect(auditDetail({ ...entry, ...more })).toBe(text));
