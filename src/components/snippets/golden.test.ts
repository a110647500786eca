/** @jest-environment-options {"customExportConditions": ["node", "require", "default"]} */
import { readFileSync, writeFileSync } from 'fs';
import path from 'path';
import { Document, parse } from 'yaml';
import type { Endpoint } from '../../api/types';
import { anEndpoint } from '../../test/fixtures';
import { snippets, type Use } from '.';

/*
 * The desktop program makes the same snippets with code of its own (desktop/state/snippets.go). Both are held to one
 * file, which `UPDATE_SNIPPETS=1 npx jest src/components/snippets` writes.
 */

const GOLDEN = path.join(__dirname, 'snippets.golden');

const kind = (name: string, takes: Endpoint['takes'], tenant: Endpoint['tenant'] = null) =>
  anEndpoint({ name, path: `/${name}`, kind: name, require: '', takes, tenant });
const at = (require: Endpoint['require'], ...paths: string[]) =>
  anEndpoint({
    name: paths[0].slice(1).replace(/\W/g, '.'),
    path: paths[0],
    paths,
    require,
    takes: [require as 'read'],
  });

const org = { header: 'X-Scope-OrgID' };
const KINDS = [
  kind('alertmanager', ['manage', 'read', 'write'], org),
  kind('loki', ['ingest', 'manage', 'read'], org),
  kind('mimir', ['ingest', 'manage', 'read'], org),
  kind('cortex', ['ingest', 'manage', 'read'], { header: 'X-Tenant' }),
  kind('tempo', ['ingest', 'read'], org),
  kind('pyroscope', ['ingest', 'read']),
  kind('prometheus', ['ingest', 'manage', 'read']),
  kind('victoriametrics', ['ingest', 'read'], { extraLabel: 'tenant' }),
];
const PATHS = [
  at('ingest', '/v1/traces'),
  at('ingest', '/v1/metrics'),
  at('ingest', '/9/v1/logs', '/v1/logs'),
  at('ingest', '/otlp'),
  at('ingest', '/ingest'),
  at('ingest', '/push.v1.PusherService'),
  at('ingest', '/logs/loki/api/v1/push'),
  at('ingest', '/metrics/api/v1/write'),
  at('read', '/presses'),
  at('read', '/kuma', '/kuma/metrics'),
  { ...at('ingest', '/auth-only/v1'), proxied: false },
  { ...at('ingest', '/of-a-pool/v1'), pool: 'presses' },
];
const atRoot = (one: Endpoint) => ({ ...one, path: '/', paths: ['/'] });
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const PLAIN = { url: 'https://gate.example.com:7172/ostiary', anyAddress: false, certificate: '' };
const CERTIFIED = { url: 'https://10.0.0.7', anyAddress: false, certificate: PEM };

const aUse = (key: Partial<Use['key']>, endpoints: Endpoint[], gate: Use['gate'] = PLAIN): Use => ({
  token: '{token}',
  key: { role: 'Agent', pool: '', endpoints: [], tenants: [], ...key },
  gate,
  endpoints,
});

const CASES: Record<string, Use> = {
  'kinds, sending': aUse({}, KINDS),
  'kinds, sending for one of several tenants, certified': aUse({ tenants: ["a'(b)", 'team-b'] }, KINDS, CERTIFIED),
  'kinds, all for any tenant': aUse({ role: 'Admin', tenants: ['*'], endpoints: ['mimir', 'loki'] }, KINDS),
  'kinds, reading for several tenants': aUse({ role: 'Viewer', tenants: ['a', 'b'] }, KINDS),
  'kinds, reading for any tenant, certified': aUse(
    { role: 'Viewer', tenants: ['*'], endpoints: ['mimir'] },
    KINDS,
    CERTIFIED
  ),
  'paths, sending': aUse({ pool: 'presses' }, PATHS),
  'paths, all, certified': aUse({ role: 'Admin' }, PATHS, CERTIFIED),
  'paths, reading': aUse({ role: 'Viewer' }, PATHS, { ...PLAIN, url: 'http://gate.example.com' }),
  'logs that are sent and metrics that are read': aUse({ role: 'Admin' }, [KINDS[1], PATHS[9]]),
  'what is read at the root, for any tenant': aUse({ role: 'Editor', tenants: ['*'] }, [
    { ...atRoot(at('read', '/metrics')), tenant: org },
  ]),
  'what is read by GET alone': aUse({ role: 'Viewer' }, [
    { ...at('read', '/presses'), require: '', methods: { GET: 'read', POST: 'write' }, takes: ['read', 'write'] },
  ]),
  'OTLP at the root': aUse({ tenants: ['*'] }, [atRoot(at('ingest', '/otel')), KINDS[4]]),
  'Tempo, and another that takes traces': aUse({ tenants: ['a', 'b'] }, [
    atRoot(KINDS[4]),
    PATHS[0],
    PATHS[1],
    KINDS[1],
  ]),
  'Tempo alone': aUse({}, [atRoot(KINDS[4])]),
  'nothing that it opens': aUse({ role: 'Viewer', endpoints: ['otlp'] }, PATHS),
  'an endpoint that only a proxy knows': aUse({ endpoints: ['behind-nginx'] }, PATHS),
  'no gate': aUse({}, KINDS, { ...PLAIN, url: '' }),
  'a port that need not be written, and a long name': aUse(
    { role: 'Viewer', name: `  Équipe d’Été: n° 7 – ${'x'.repeat(60)}` },
    [KINDS[1]],
    { ...PLAIN, url: 'https://Gate.example.com:443' }
  ),
  'an address of version 6, and a name of signs': aUse({ name: '★ 漢字 ★' }, [KINDS[1]], {
    ...CERTIFIED,
    url: 'https://[2001:db8::7]:7172',
  }),
};

/** What a snippet depends on. */
const relevant = ({ name, path, paths, kind, require, methods, takes, pool, proxied, tenant }: Endpoint) => ({
  ...{ name, path, paths, kind, require, methods, takes, pool, proxied, tenant },
});

const made = Object.entries(CASES).map(([name, one]) => ({
  case: name,
  ...one,
  endpoints: one.endpoints.map(relevant),
  snippets: snippets(one).map(({ id, text }) => ({ id, text })),
}));

if (process.env.UPDATE_SNIPPETS) {
  // What goes in is short: an endpoint is a line.
  const document = new Document();
  const line = (value: object) => document.createNode(value, { flow: true, aliasDuplicateObjects: false });
  const short = made.map((one) => ({ ...one, key: line(one.key), endpoints: one.endpoints.map(line) }));
  document.contents = document.createNode(short, { aliasDuplicateObjects: false });
  writeFileSync(GOLDEN, document.toString({ lineWidth: 0 }));
}

test('the snippets are those of the desktop program', () => {
  expect(parse(readFileSync(GOLDEN, 'utf8'))).toEqual(made);
});
