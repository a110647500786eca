import { anEndpoint, POLICY } from '../test/fixtures';
import { typeLimits } from './amounts';
import { objection, summarize, type Summarized } from './summary';
import { templates } from './templates';

const NOW = Date.UTC(2026, 10, 28, 12);
const key = (change: Partial<Summarized>): Summarized => ({
  role: 'Agent',
  pool: '',
  endpoints: [],
  allowedCidrs: '',
  tenants: [],
  limits: typeLimits({}),
  lifetime: { kind: `ttl:${90 * 86400}`, date: '', seconds: '' },
  ...change,
});

const LOKI = anEndpoint({
  name: 'loki',
  path: '/loki',
  kind: 'loki',
  require: '',
  takes: ['ingest', 'read'],
  tenant: { header: 'X-Scope-OrgID' },
});
const TRACES = anEndpoint({ name: 'traces', path: '/v1/traces', require: 'ingest', takes: ['ingest'] });
const METRICS = anEndpoint({ name: 'node', path: '/metrics', require: 'read', methods: { GET: 'read' } });

test.each<[Partial<Summarized>, string]>([
  [
    { endpoints: ['loki'], tenants: ['team-a'], allowedCidrs: '10.0.0.0/8' },
    'May push to loki as team-a, from 10.0.0.0/8, until 26 Feb 2027.',
  ],
  [{}, 'May push to every endpoint as no tenant, from anywhere, until 26 Feb 2027.'],
  [
    {
      role: 'Viewer',
      endpoints: ['loki', 'node'],
      tenants: ['a', 'b'],
      lifetime: { kind: 'never', date: '', seconds: '' },
    },
    'May read from loki and node as a or b, from anywhere, until it is revoked.',
  ],
  [
    { role: 'Editor', pool: ' edge ', tenants: ['*'], lifetime: { kind: 'date', date: '2026-12-31', seconds: '' } },
    'May read and write at every endpoint as any tenant, in the pool edge, from anywhere, until 31 Dec 2026.',
  ],
  [
    {
      role: 'Admin',
      endpoints: ['node'],
      allowedCidrs: '10.0.0.1, ::1',
      limits: { ...typeLimits({}), burst: '5' },
      lifetime: { kind: 'seconds', date: '', seconds: '' }, // not typed yet
    },
    'May manage keys, and do everything at node, from 10.0.0.1 or ::1, within its limits.',
  ],
])('%j', (change, sentence) => {
  expect(summarize(key(change), [LOKI, METRICS], null, NOW)).toBe(sentence);
});

test('a key that is changed keeps its end', () => {
  const kept = key({ endpoints: ['node'], role: 'Viewer', lifetime: { kind: 'keep', date: '', seconds: '' } });
  expect(summarize(kept, [], '2027-01-31T00:00:00Z', NOW)).toContain('until 31 Jan 2027.');
  expect(summarize(kept, [], null, NOW)).toContain('until it is revoked.');
});

test('what would be refused is said', () => {
  expect(objection(key({ endpoints: ['node', 'loki'] }), [LOKI, METRICS])).toBe(
    'The role Agent opens nothing at node.'
  );
  expect(objection(key({ endpoints: ['loki'] }), [LOKI])).toBe('It needs a tenant at loki.');
  expect(objection(key({ endpoints: ['loki'], tenants: ['a'] }), [LOKI])).toBeUndefined();
  expect(objection(key({ endpoints: ['elsewhere'] }), [LOKI])).toBeUndefined(); // a proxy's, perhaps
  expect(objection(key({}), [METRICS])).toBe('It opens nothing at this gate.');
  expect(objection(key({}), [])).toBeUndefined(); // it may still be asked for at /auth
  expect(objection(key({}), undefined)).toBeUndefined();
});

test('templates choose the endpoints that are for them, and a role that the policy allows', () => {
  const all = templates(POLICY, [LOKI, TRACES, METRICS]);
  expect(all.map(({ id, values: { role, endpoints } }) => [id, role, endpoints])).toEqual([
    ['alloy', 'Agent', ['loki', 'traces']],
    ['prometheus', 'Viewer', ['node']],
    ['collector', 'Agent', ['loki', 'traces']],
    ['grafana', 'Viewer', ['loki']],
    ['ci', 'Editor', []],
  ]);
  expect(all.find(({ id }) => id === 'ci')!.values.lifetime.kind).toBe(`ttl:${30 * 86400}`);
  expect(templates({ ...POLICY, roles: ['Agent'] }, [LOKI]).map(({ id }) => id)).toEqual(['alloy', 'collector']);
});
