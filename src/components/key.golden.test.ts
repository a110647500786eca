/** @jest-environment-options {"customExportConditions": ["node", "require", "default"]} */
import { readFileSync, writeFileSync } from 'fs';
import path from 'path';
import { parse, stringify } from 'yaml';
import type { Endpoint, Policy } from '../api/types';
import { anEndpoint, POLICY } from '../test/fixtures';
import { typeLimits } from './amounts';
import { unknownEndpoints } from './EndpointsField';
import { whereToPut } from './snippets';
import { objection, summarize, type Summarized } from './summary';
import { templates } from './templates';

/*
 * What the form of a key knows, the desktop program knows with code of its own (desktop/state/templates.go,
 * desktop/ui/keys/summary.go, desktop/ui/tokens/where.go). Both are held to one file, in every language, which
 * `UPDATE_GOLDEN=1 npx jest src/components/key.golden` writes.
 */

const GOLDEN = path.join(__dirname, 'key.golden');
const LANGUAGES = ['en-US', 'de-DE', 'fr-FR'];

/** The language of the texts, and what is in its file. */
let mockLanguage = 'en-US';
const mockText = (key: string): string => {
  const file = path.join(__dirname, '../locales', mockLanguage, 'ostiary-apikeys-app.json');
  return key.split('.').reduce((at, name) => at[name], JSON.parse(readFileSync(file, 'utf8')));
};
jest.mock('../i18n', () => ({
  currentLanguage: () => mockLanguage,
  t: (key: string, _: string, values: Record<string, unknown> = {}) =>
    mockText(key).replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name])),
}));
// Each program writes days in its own way.
jest.mock('../format', () => ({
  ...jest.requireActual('../format'),
  day: (at: Date) => at.toISOString().slice(0, 10),
  exactTime: (iso: string) => iso.slice(0, 16).replace('T', ', '),
}));

function inEvery<T>(make: () => T): Record<string, T> {
  return Object.fromEntries(
    LANGUAGES.map((language) => {
      mockLanguage = language;
      return [language.slice(0, 2), make()];
    })
  );
}

const NOW = Date.UTC(2026, 10, 28, 12);
const DAY = 86400;
const ORG = { header: 'X-Scope-OrgID' };
const kind = (name: string, takes: Endpoint['takes'], tenant: Endpoint['tenant'] = null) =>
  anEndpoint({ name, path: `/${name}`, kind: name, require: '', takes, tenant });
const at = (name: string, require: Endpoint['require'], ...paths: string[]) =>
  anEndpoint({ name, path: paths[0], paths, require, takes: require ? [require] : [] });

const GATE = [
  kind('loki', ['ingest', 'read'], ORG),
  kind('mimir', ['ingest', 'manage', 'read'], ORG),
  kind('tempo', ['ingest', 'read']),
  kind('pyroscope', ['ingest', 'read']),
  kind('alertmanager', ['manage', 'read', 'write'], ORG),
  at('traces', 'ingest', '/v1/traces'),
  at('profiles', 'ingest', '/ingest'),
  at('kuma', 'read', '/kuma', '/kuma/metrics'),
  at('presses', 'read', '/presses'),
  at('open', 'none', '/open'),
  { ...at('of-a-pool', 'ingest', '/otlp'), pool: 'presses' },
  { ...at('written', '', '/metrics'), takes: ['read', 'write'], methods: { GET: 'read', POST: 'write' } },
  { ...at('read-by-post', '', '/other/metrics'), takes: ['read'], methods: { POST: 'read' } },
] as Endpoint[];

const offers = (...lifetimes: number[]) => ({ ...POLICY.offers, lifetimes: lifetimes.map((days) => days * DAY) });
const POLICIES: Record<string, Policy> = {
  usual: POLICY,
  'keys without an end': { ...POLICY, defaultTtl: 0, maxTtl: 0 },
  'short keys': { ...POLICY, defaultTtl: 7 * DAY, maxTtl: 30 * DAY, offers: offers(30, 1, 7) },
  'agents and editors alone': { ...POLICY, roles: ['Editor', 'Agent'] },
};

const key = (change: Partial<Summarized>): Summarized => ({
  ...{ role: 'Agent', pool: '', endpoints: [], allowedCidrs: '', tenants: [], limits: typeLimits({}) },
  ...{ lifetime: { kind: `ttl:${90 * DAY}`, date: '', seconds: '' } },
  ...change,
});
const never: Summarized['lifetime'] = { kind: 'never', date: '', seconds: '' };

/** The last are the names of the endpoints that the gate has then; all without it. */
const KEYS: Record<string, [key: Summarized, present?: string | null, gate?: string[]]> = {
  'an agent for everything': [key({})],
  'one of a tenant': [key({ endpoints: ['loki'], tenants: ['team-a'], allowedCidrs: '10.0.0.0/8' })],
  'a reader of two for three tenants': [
    key({ role: 'Viewer', endpoints: ['loki', 'kuma'], tenants: ['a', 'b', 'c'], lifetime: never }),
  ],
  'one of a pool, for any tenant, to a day': [
    key({ role: 'Editor', pool: ' edge ', tenants: ['*'], lifetime: { ...never, kind: 'date', date: '2026-12-31' } }),
  ],
  'an administrator with limits, for an hour': [
    key({
      role: 'Admin',
      endpoints: ['kuma', 'loki', 'mimir'],
      allowedCidrs: '10.0.0.1, ::1  192.168.0.0/16,',
      limits: { ...typeLimits({}), burst: '5' },
      lifetime: { ...never, kind: 'seconds', seconds: '3600' },
    }),
  ],
  'seconds that are not typed yet': [key({ lifetime: { ...never, kind: 'seconds' } })],
  'a day that is not chosen yet': [key({ lifetime: { ...never, kind: 'date' } })],
  'an end that is kept': [key({ lifetime: { ...never, kind: 'keep' } }), '2027-01-31T00:00:00Z'],
  'an end that is near': [key({ lifetime: { ...never, kind: 'keep' } }), '2026-11-30T08:30:00Z'],
  'no end that is kept': [key({ lifetime: { ...never, kind: 'keep' } }), null],
  'an agent that opens nothing at two': [key({ endpoints: ['kuma', 'presses', 'loki'], tenants: ['a'] })],
  'a reader that needs a tenant at two': [key({ role: 'Viewer', endpoints: ['loki', 'mimir', 'tempo'] })],
  'one of another pool': [key({ endpoints: ['of-a-pool'] })],
  'one of the pool': [key({ endpoints: ['of-a-pool'], pool: 'presses' })],
  'an agent where nothing takes data': [key({}), null, ['kuma', 'presses']],
  'an agent where there is nothing yet': [key({}), null, []],
  'names that the gate has not': [key({ endpoints: ['lokki', 'tempo', 'mimmir'] })],
};

const SNIPPETS = [
  ...['push', 'query', 'bearer', 'basic', 'alloy', 'prometheus', 'remote-write', 'otel', 'promtail', 'telegraf'],
  ...['vector', 'pyroscope', 'python', 'grafana', 'grafana-form', 'nginx', 'kubernetes', 'env'],
];

/** What the form depends on. */
const relevant = ({ name, path, paths, kind, require, methods, takes, pool, tenant }: Endpoint) => ({
  ...{ name, path, paths, kind, require, methods, takes, pool, tenant },
});

const made = {
  now: new Date(NOW).toISOString(),
  gate: GATE.map(relevant),
  templates: Object.entries(POLICIES).map(([name, { roles, defaultTtl, maxTtl, offers }]) => {
    const policy = { ...POLICY, roles, defaultTtl, maxTtl, offers };
    return {
      case: name,
      policy: { roles, defaultTtl, maxTtl, offers },
      templates: templates(policy, GATE).map(({ id, values: { role, endpoints, lifetime } }) => ({
        ...{ id, role, endpoints, lifetime: lifetime.kind },
      })),
    };
  }),
  called: inEvery(() =>
    Object.fromEntries(templates(POLICY, GATE).map(({ id, title, values }) => [id, `${title}: ${values.description}`]))
  ),
  keys: Object.entries(KEYS).map(([name, [one, present = null, has]]) => {
    const gate = GATE.filter((endpoint) => !has || has.includes(endpoint.name));
    return {
      case: name,
      key: { ...one, limits: Object.values(one.limits).some(Boolean) },
      present,
      ...(has && { gate: has }),
      unknown: unknownEndpoints(one.endpoints, gate),
      said: inEvery(() => summarize(one, gate, present, NOW)),
      against: inEvery(() => objection(one, gate) ?? ''),
    };
  }),
  put: Object.fromEntries(SNIPPETS.map((id) => [id, inEvery(() => whereToPut(id))])),
};

if (process.env.UPDATE_GOLDEN) {
  writeFileSync(GOLDEN, stringify(made, { lineWidth: 0, aliasDuplicateObjects: false }));
}

test('the form of a key knows what that of the desktop program does', () => {
  expect(parse(readFileSync(GOLDEN, 'utf8'))).toEqual(made);
});
