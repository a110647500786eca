import { setBackendSrv, type BackendSrv } from '@grafana/runtime';
import { NEVER } from 'rxjs';
import { Refusal, serve } from '../test/backend';
import { aKey, TOKEN } from '../test/fixtures';
import { api } from './client';
import { ApiError } from './errors';
import { currentOutage, recoveryCount } from './status';

const failing = (refusal: Refusal) => {
  serve({ 'GET /v1/keys/*': () => refusal });
  return api.key('4fjK2n0qPz7a').then(
    () => undefined,
    (error: ApiError) => error
  );
};

test('parameters without a value are left out', async () => {
  const seen = serve({ 'GET /v1/keys': () => ({ keys: [], nextCursor: '' }) });
  await api.keys({ q: 'a&b', state: '', role: undefined, limit: 50, count: true });
  expect(seen[0].params).toEqual({ q: 'a&b', limit: 50, count: true });
});

test('an id cannot lead to another route', async () => {
  const seen = serve({ 'GET /v1/keys/*': () => aKey() });
  await api.key('../audit?x=1');
  expect(seen[0].route).toBe('/v1/keys/..%2Faudit%3Fx%3D1');
});

test.each([
  ['createKey', () => api.createKey({ name: 'a', role: 'Agent' }), 'POST', '/v1/keys', { name: 'a', role: 'Agent' }],
  ['updateKey', () => api.updateKey('x', { enabled: false }), 'PATCH', '/v1/keys/x', { enabled: false }],
  ['deleteKey', () => api.deleteKey('x'), 'DELETE', '/v1/keys/x', undefined],
  ['revokeKey', () => api.revokeKey('x'), 'POST', '/v1/keys/x/revoke', {}],
  ['rotateKey', () => api.rotateKey('x', { overlap: '24h' }), 'POST', '/v1/keys/x/rotate', { overlap: '24h' }],
] as const)('%s asks what the contract says', async (_, call, method, route, body) => {
  const seen = serve({ [`${method} ${route}`]: () => ({ key: aKey(), token: TOKEN }) });
  await call();
  expect(seen).toEqual([{ method, route, params: {}, body }]);
});

test('a problem keeps its code, its sentence and its fields', async () => {
  const errors = [{ field: 'name', detail: 'is empty' }];
  const error = await failing(new Refusal(400, { code: 'invalid_request', title: 'Bad', detail: 'See name.', errors }));
  expect(error).toMatchObject({ status: 400, code: 'invalid_request', message: 'See name.', fields: errors });
  expect(error?.temporary).toBe(false);
});

test('an answer without an explanation is explained by its status', async () => {
  expect((await failing(new Refusal(418, {} as never)))?.message).toContain('418');
});

test('an outage is noted with the failure and forgotten with the next answer, whatever it is', async () => {
  const before = recoveryCount();
  expect((await failing(new Refusal(503, { code: 'unavailable', detail: 'Try again shortly.' })))?.temporary).toBe(
    true
  );
  expect(currentOutage()?.message).toBe('Try again shortly.');
  expect(recoveryCount()).toBe(before);
  await failing(new Refusal(404, { code: 'not_found' }));
  expect(currentOutage()).toBeUndefined();
  expect(recoveryCount()).toBe(before + 1);
});

test('what is answered without the store does not end its outage', async () => {
  await failing(new Refusal(503, { code: 'unavailable', detail: 'Try again shortly.' }));
  await Promise.all([api.whoami(), api.policy(), api.health()]);
  expect(currentOutage()).toBeDefined();
  serve({ 'GET /v1/keys': () => ({ keys: [], nextCursor: '' }) });
  await api.keys({ limit: 1 });
  expect(currentOutage()).toBeUndefined();
});

test('no answer at all is an outage too, and says what to look at', async () => {
  const error = await failing(new Refusal(0, {} as never));
  expect(error).toMatchObject({ status: 0, code: 'unreachable', temporary: true });
  expect(error?.message).toContain('Check the network');
  serve({ 'GET /v1/keys/*': () => aKey() });
  await api.key('x');
});

test('an aborted request is not reported', async () => {
  setBackendSrv({ fetch: () => NEVER } as unknown as BackendSrv);
  const abort = new AbortController();
  abort.abort();
  void api.keys({}, abort.signal);
  expect(currentOutage()).toBeUndefined();
});
