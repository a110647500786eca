import type { EndpointSpec } from '../api/types';
import { checkDraft, draftOf, fieldOf, newDraft, toSpec, withKind } from './endpointDraft';

const FULL: EndpointSpec & { name: string } = {
  name: 'things',
  path: '/things',
  paths: ['/more', { path: '/ready', require: 'none' }, { path: '/api', methods: { GET: 'read', POST: 'write' } }],
  methods: { GET: 'read', POST: 'ingest' },
  upstream: 'http://127.0.0.1:8080',
  preserveHost: true,
  pool: 'edge',
  query: 'key',
  schemes: ['StackState'],
  headers: ['X-Agent-Key'],
  tenant: { header: 'X-Scope-OrgID' },
  limitPerKey: { requestsPerSecond: 50, bytesPerDay: 5_000_000 },
  onExpired: { grace: '72h' },
};

test('what is read and sent again is the same', () => {
  expect(toSpec(draftOf(FULL), false)).toEqual(FULL);
  const kind = { name: 'loki', kind: 'loki', path: '/loki', tenant: { label: 'team' }, onExpired: { hold: '2h' } };
  expect(toSpec(draftOf(kind), false)).toEqual(kind);
});

test('a time that the server gives in seconds can be read', () => {
  expect(draftOf({ onExpired: { hold: 7200 } }).endsFor).toBe('2h');
});

test('a change takes out what is empty; a new one leaves it out', () => {
  const draft = { ...newDraft(), name: 'loki', kind: 'loki', path: '/loki' };
  expect(toSpec(draft, false)).toEqual({ name: 'loki', kind: 'loki', path: '/loki' });
  expect(toSpec(draft, true)).toMatchObject({
    require: null,
    methods: null,
    upstream: null,
    tenant: null,
    limitPerKey: null,
    onExpired: null,
    paths: null,
    preserveHost: null,
  });
});

test('a kind says what it takes: rules that were typed before are not sent with it', () => {
  const spec = toSpec({ ...newDraft(), name: 'x', kind: 'loki', require: 'read', methods: 'GET: read' }, false);
  expect(spec).toEqual({ name: 'x', kind: 'loki' });
});

test('a kind fills in what is usual, and nothing over what was typed', () => {
  const loki = withKind(newDraft(), 'loki', []);
  expect(loki).toMatchObject({ name: 'loki', path: '/', upstream: 'http://127.0.0.1:3100' });
  expect(withKind(loki, 'mimir', [])).toMatchObject({ name: 'mimir', path: '/', upstream: 'http://127.0.0.1:9009' });
  expect(withKind({ ...loki, path: '/logs' }, 'mimir', []).path).toBe('/logs');
  expect(withKind(loki, '', [])).toMatchObject({ name: '', path: '', upstream: '' });
  expect(withKind(newDraft(), 'loki', ['10.0.0.7:3190']).upstream).toBe('http://10.0.0.7:3190');
  expect(withKind(newDraft(), 'loki', ['10.0.0.0/8:3190']).upstream).toBe('http://127.0.0.1:3100');
});

test('what cannot be sent is found before', () => {
  const wrong = {
    ...newDraft(),
    tenantWay: 'header' as const,
    ends: 'hold' as const,
    methods: 'GET',
    paths: '/fine none\nready none',
    limits: { ...newDraft().limits, burst: '5' },
  };
  expect(Object.keys(checkDraft(wrong)).sort()).toEqual([
    'endsFor',
    'limits',
    'methods',
    'name',
    'paths',
    'tenantName',
  ]);
  expect(checkDraft(wrong).paths).toContain('ready none');
  expect(checkDraft({ ...newDraft(), name: 'fine' })).toEqual({});
});

test('a method that is said twice is a mistake, and none of it is dropped in silence', () => {
  const twice = { ...newDraft(), name: 'x', methods: 'GET: read, get: write', paths: '/a\n/b GET: read, GET: write' };
  expect(Object.keys(checkDraft(twice)).sort()).toEqual(['methods', 'paths']);
  expect(checkDraft(twice).paths).toContain('/b GET: read, GET: write');
});

test.each([
  ['path', 'path'],
  ['paths[1].path', 'paths'],
  ['tenant.header', 'tenantName'],
  ['limitPerKey.burst', 'limits'],
  ['onExpired', 'endsFor'],
  ['constructor', undefined],
  ['orgId', undefined],
])('the field %s of the API is %s in the form', (name, field) => {
  expect(fieldOf(name)).toBe(field);
});
