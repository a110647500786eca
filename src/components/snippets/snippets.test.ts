/** @jest-environment-options {"customExportConditions": ["node", "require", "default"]} */
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import type { Endpoint, Key, Role } from '../../api/types';
import { anEndpoint, TOKEN } from '../../test/fixtures';
import { snippets, whereToPut, type Use } from '.';

/*
 * Every snippet, for every role, tenants and gate, is read by a parser of its language; what it names must be there, and
 * nothing stands in it twice. That the real programs take them is for src/e2e/snippets.e2e.ts.
 */

const kind = (name: string, takes: Endpoint['takes'], header = 'X-Scope-OrgID') =>
  anEndpoint({ name, path: `/${name}`, kind: name, require: '', takes, tenant: header ? { header } : null });

const ENDPOINTS = [
  kind('loki', ['ingest', 'manage', 'read']),
  kind('mimir', ['ingest', 'manage', 'read']),
  kind('tempo', ['ingest', 'read']),
  kind('pyroscope', ['ingest', 'read'], ''),
  { ...kind('victoriametrics', ['ingest', 'read'], ''), tenant: { extraLabel: 'tenant' } },
  anEndpoint({ name: '9-otlp', path: '/otel/v1', require: 'ingest', takes: ['ingest'] }),
  anEndpoint({ name: 'profiles.eu', path: '/ingest', require: 'ingest', takes: ['ingest'] }),
  anEndpoint({ name: 'null', path: '/metrics', require: 'read', takes: ['read'] }),
  anEndpoint({ name: 'auth-only', path: '/else', require: 'ingest', takes: ['ingest'], proxied: false }),
];
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const aUse = (key: Partial<Use['key']>, change: Partial<Use> = {}): Use => ({
  token: TOKEN,
  key: { name: 'Édge agents / 1', role: 'Agent', pool: '', endpoints: [], tenants: [], ...key },
  gate: { url: 'https://gate.example.com:7172/ostiary', anyAddress: false, certificate: '' },
  endpoints: ENDPOINTS,
  ...change,
});
const of = (made: Use) => Object.fromEntries(snippets(made).map(({ id, text }) => [id, text]));

const ROLES: Role[] = ['Admin', 'Editor', 'Viewer', 'Agent'];
const TENANTS: Array<Key['tenants']> = [[], ['team-a'], ["a'(b)", 'team-b'], ['*']];
const all = ROLES.flatMap((role) =>
  TENANTS.flatMap((tenants) =>
    ['', PEM].map((certificate) => {
      const made = aUse({ role, tenants });
      return [
        role,
        tenants.join('+'),
        certificate && 'certified',
        { ...made, gate: { ...made.gate, certificate } },
      ] as const;
    })
  )
);

interface Collector {
  receivers: Record<string, unknown>;
  exporters: Record<string, { endpoint: string; auth: { authenticator: string } }>;
  extensions: Record<string, unknown>;
  service: { extensions: string[]; pipelines: Record<string, { receivers: string[]; exporters: string[] }> };
}

test.each(all)('%s, tenants %s, %s', (_, __, certificate, made) => {
  const texts = of(made);
  for (const id of ['prometheus', 'remote-write', 'otel', 'promtail', 'vector', 'grafana', 'kubernetes']) {
    expect(texts[id] ? [id, typeof parseYaml(texts[id])] : [id, 'object']).toEqual([id, 'object']);
  }
  if (texts.telegraf) {
    expect(Object.keys(parseToml(texts.telegraf)).sort().at(0)).toBe('inputs');
  }
  if (texts.otel) {
    const { receivers, exporters, extensions, service }: Collector = parseYaml(texts.otel);
    const lines = Object.values(service.pipelines);
    expect(new Set(lines.flatMap((line) => line.exporters))).toEqual(new Set(Object.keys(exporters)));
    expect(new Set(lines.flatMap((line) => line.receivers))).toEqual(new Set(Object.keys(receivers)));
    expect(service.extensions).toEqual(Object.keys(extensions));
  }
  if (texts.vector) {
    const { sources, sinks }: Record<string, Record<string, { inputs: string[] }>> = parseYaml(texts.vector);
    expect(new Set(Object.values(sinks).flatMap(({ inputs }) => inputs))).toEqual(new Set(Object.keys(sources)));
  }
  if (texts.alloy) {
    expect(texts.alloy.split('{').length).toBe(texts.alloy.split('}').length);
    const made = [...texts.alloy.matchAll(/^([a-z_.]+) "(\w+)" \{/gm)].map(
      ([, component, label]) => `${component}.${label}`
    );
    expect(new Set(made).size).toBe(made.length);
    const meant = [...texts.alloy.matchAll(/[a-z_.]+\.\w+(?=\.(receiver|input|handler|targets))/g)].map(
      ([name]) => name
    );
    expect(meant.filter((name) => !made.includes(name))).toEqual([]);
  }
  for (const [id, text] of Object.entries(texts)) {
    expect([id, text.includes(TOKEN)]).toEqual([id, id !== 'certificate']);
    expect([id, /undefined|\[object/.test(text)]).toEqual([id, false]);
  }
  // What trusts the gate says how, and nothing does without need.
  const trusting = Object.entries(texts).filter(([, text]) => /ostiary-gate\.pem|BEGIN CERTIFICATE/.test(text));
  expect(trusting.map(([id]) => id)).toEqual(certificate ? Object.keys(texts).filter((id) => id !== 'env') : []);
});

test('each role gets what it can use', () => {
  const ids = (role: Role) => snippets(aUse({ role, tenants: ['a'] })).map(({ id }) => id);
  expect(ids('Agent')).toEqual([
    'push', 'bearer', 'basic', 'alloy', 'remote-write', 'otel', 'promtail', 'telegraf', 'vector', 'pyroscope', 'python',
    'nginx', 'kubernetes', 'env',
  ]); // prettier-ignore
  expect(ids('Viewer')).toEqual([
    'query', 'bearer', 'basic', 'prometheus', 'telegraf', 'python', 'grafana', 'grafana-form', 'nginx', 'kubernetes', 'env',
  ]); // prettier-ignore
  expect(ids('Editor')).toEqual(ids('Viewer'));
});

test('a key of several tenants names one where it writes, and none where it reads', () => {
  const several = of(aUse({ role: 'Admin', tenants: ['team-a', 'team-b'] }));
  expect(parseYaml(several.promtail).clients).toEqual([
    {
      url: 'https://gate.example.com:7172/ostiary/loki/loki/api/v1/push',
      bearer_token: TOKEN,
      tenant_id: 'team-a',
    },
  ]);
  expect(several.grafana).not.toContain('X-Scope-OrgID');
  const one = of(aUse({ role: 'Admin', tenants: ['team-a'] }));
  expect(Object.values(one).join('')).not.toContain('team-a');
  const any = of(aUse({ role: 'Admin', tenants: ['*'] }));
  expect(any.grafana).toContain('httpHeaderValue2: "TENANT"');
});

test('Grafana’s form has an address and every header of each source', () => {
  const { 'grafana-form': form } = of(aUse({ role: 'Viewer', tenants: ['*'], endpoints: ['loki', 'mimir'] }));
  expect(
    form.split('\n\n').map((part) =>
      part
        .trim()
        .split(/\n/)
        .map((line) => line.split(/ {2,}/))
    )
  ).toEqual(
    ['loki', 'mimir/prometheus'].map((path) => [
      ['URL', `https://gate.example.com:7172/ostiary/${path}`],
      ['Authentication method', 'No Authentication'],
      ['HTTP headers, Header', 'Authorization'],
      ['HTTP headers, Value', `Bearer ${TOKEN}`],
      ['HTTP headers, Header', 'X-Scope-OrgID'],
      ['HTTP headers, Value', 'TENANT'],
    ])
  );
});

test('it is said where each is put', () => {
  const ids = new Set(ROLES.flatMap((role) => snippets(aUse({ role, tenants: ['a'] })).map(({ id }) => id)));
  const unsaid = [...ids].filter((id) => !whereToPut(id));
  // The environment is one line for any shell, and Pyroscope’s library is in a program.
  expect(unsaid).toEqual(['pyroscope', 'env']);
});

test('kinds are fed at their own paths', () => {
  const urls = (text: string) => [...text.matchAll(/https:[^"'\s]+/g)].map(([url]) => url.slice(37));
  const texts = of(aUse({ role: 'Admin', tenants: ['a'] }));
  expect(urls(texts.otel)).toEqual(['/loki/otlp', '/mimir/otlp', '/victoriametrics/opentelemetry', '/otel']);
  expect(urls(texts['remote-write'])).toEqual(['/mimir/api/v1/push', '/victoriametrics/api/v1/write']);
  expect(urls(texts.alloy)).toEqual([
    '/loki/loki/api/v1/push',
    '/mimir/api/v1/push',
    '/victoriametrics/api/v1/write',
    '/pyroscope',
    '',
    '/otel',
  ]);
});

test('Telegraf always has an output, without which it does not start', () => {
  const reading = parseToml(of(aUse({ role: 'Viewer', tenants: ['a'] })).telegraf);
  expect(reading.outputs).toEqual({ file: [{ files: ['stdout'] }] });
  const both = [ENDPOINTS[0], anEndpoint({ name: 'kuma', path: '/metrics', require: 'read', takes: ['read'] })];
  const { outputs } = parseToml(of(aUse({ role: 'Admin', tenants: ['a'] }, { endpoints: both })).telegraf);
  expect(outputs).toMatchObject({ file: [{ namedrop: ['tail'] }], loki: [{ namepass: ['tail'] }] });
});

test('endpoints at one address are one place, and traces go to the port that takes them', () => {
  const otlp = (signal: string) =>
    anEndpoint({ name: `otlp-${signal}`, path: `/v1/${signal}`, require: 'ingest', takes: ['ingest'] });
  const all = [...['traces', 'metrics', 'logs'].map(otlp), { ...kind('tempo', ['ingest', 'read']), path: '/' }];
  const { otel, alloy } = of(aUse({ tenants: ['a'] }, { endpoints: all }));
  const { exporters, service } = parseYaml(otel);
  expect(Object.keys(exporters)).toEqual(['otlp_http']);
  expect(Object.keys(service.pipelines)).toEqual(['traces', 'metrics', 'logs']);
  expect(alloy.match(/^otelcol\.exporter/gm)).toHaveLength(1);
  expect(alloy).toContain('    metrics = [otelcol.exporter.otlphttp.otlp_traces.input]\n');
  // Tempo alone is behind something that shares out what it gets.
  expect(of(aUse({ tenants: ['a'] }, { endpoints: all.slice(3) })).otel).toContain('https://gate.example.com:7172');
});

test('a name becomes one that Kubernetes takes', () => {
  const name = (of: string) =>
    parseYaml(snippets(aUse({ name: of })).find(({ id }) => id === 'kubernetes')!.text).metadata.name;
  expect(name('Édge agents / 1')).toBe('ostiary-edge-agents-1');
  expect(name('***')).toBe('ostiary');
  expect(name('a'.repeat(255))).toMatch(/^ostiary-a{50}$/);
});

test('a key that opens nothing gets no way to use it, and one of a proxy asks for its endpoint', () => {
  expect(Object.keys(of(aUse({ role: 'Viewer', endpoints: ['9-otlp'] })))).toEqual(['kubernetes', 'env']);
  expect(of(aUse({ role: 'Viewer', endpoints: ['behind-nginx'] })).bearer).toContain('/auth?endpoint=behind-nginx');
});
