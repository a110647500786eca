/** @jest-environment jsdom */
import { send } from './backend';
import { session } from './session';

const KEY = `ost_4fjK2n0qPz7a_${'s'.repeat(49)}`;

function answer(status: number, text: string) {
  const asked = jest.fn(async (_url: string, _init: RequestInit) => ({
    ok: status < 400,
    status,
    statusText: '',
    headers: new Map(),
    url: '',
    text: async () => text,
  }));
  global.fetch = asked as unknown as typeof fetch;
  return asked;
}

beforeEach(() => session.start(KEY, false));

test('a request carries the key and its parameters, and no cookies', async () => {
  const asked = answer(200, '{"a":1}');
  const { data } = await send({ url: '/v1/keys', params: { q: 'a&b', limit: 5 } }, KEY);
  expect(data).toEqual({ a: 1 });
  const [url, init] = asked.mock.calls[0];
  expect(url).toBe('/v1/keys?q=a%26b&limit=5');
  expect(init).toMatchObject({ method: 'GET', credentials: 'omit', cache: 'no-store', body: undefined });
  expect(init.headers).toEqual({ Accept: 'application/json', Authorization: `Bearer ${KEY}` });
});

test('a body is JSON; an answer without one is nothing', async () => {
  const asked = answer(204, '');
  const { data } = await send({ url: '/v1/keys', method: 'POST', data: { name: 'x' } }, KEY);
  expect(data).toBeUndefined();
  expect(asked.mock.calls[0][1]).toMatchObject({ method: 'POST', body: '{"name":"x"}' });
});

test('a refusal has the status and the data', async () => {
  answer(409, '{"code":"duplicate_name"}');
  await expect(send({ url: '/' }, KEY)).rejects.toMatchObject({ status: 409, data: { code: 'duplicate_name' } });
  expect(session.key()).toBe(KEY);
});

test('an answer that is not JSON is the message', async () => {
  answer(502, 'Bad gateway\n');
  await expect(send({ url: '/' }, KEY)).rejects.toMatchObject({ status: 502, data: { message: 'Bad gateway' } });
});

test('the page of a proxy is no message', async () => {
  answer(502, '<html><h1>502 Bad Gateway</h1></html>');
  await expect(send({ url: '/' }, KEY)).rejects.toMatchObject({ status: 502, data: { message: '' } });
});

test('no answer at all has the status 0', async () => {
  global.fetch = async () => {
    throw new TypeError('failed to fetch');
  };
  await expect(send({ url: '/' }, KEY)).rejects.toMatchObject({ status: 0 });
});

test('a key that is no longer good ends its session; one that is only tried does not', async () => {
  answer(401, '{}');
  await expect(send({ url: '/' }, `${KEY}x`)).rejects.toMatchObject({ status: 401 });
  expect(session.key()).toBe(KEY);
  await expect(send({ url: '/' }, KEY)).rejects.toMatchObject({ status: 401 });
  expect(session.key()).toBe('');
  expect(session.reason()).toBe('refused');
});

test('the tab keeps the key only when asked to, and not after signing out', () => {
  expect(sessionStorage).toHaveLength(0);
  session.start(KEY, true);
  expect(Object.values({ ...sessionStorage })).toEqual([KEY]);
  session.end('left');
  expect(sessionStorage).toHaveLength(0);
  expect(session.key()).toBe('');
});
