import { act, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import german from '../locales/de-DE/ostiary-apikeys-app.json';
import { learn } from '../said';
import { aUser, Refusal, serve, show } from '../test/backend';
import { aClient, aDenial, aKey, anEndpoint, aToken, aUsage } from '../test/fixtures';
import { App } from './App';

const AUDIT = { 'GET /v1/audit': () => ({ entries: [], nextCursor: '' }) };
const PAGE = `/keys/${aKey().id}`;
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

test('who uses a key, and who still sends its old token', async () => {
  const old = aToken({ id: 'oldoldoldold', hint: 'ost_oldoldoldold_…7Yt1', lastUsedAt: ago(60) });
  const key = aKey({ tokens: [old, aToken({ id: 'newnewnewnew', createdAt: ago(3600) })] });
  serve({
    ...AUDIT,
    'GET /v1/keys/*': () => key,
    [`GET /v1/keys/${key.id}/clients`]: () => ({
      clients: [
        aClient({ tokenId: 'newnewnewnew', lastAt: ago(2), tenant: 'team-a' }),
        aClient({ tokenId: old.id, address: '198.51.100.9', userAgent: 'curl/8.7', lastAt: ago(60), denied: 3 }),
      ],
    }),
  });
  show(<App />, PAGE);
  const alert = (await screen.findByText('The old token ost_oldoldoldold_…7Yt1 is still sent')).closest(
    '[role="alert"]'
  );
  expect(alert).toHaveTextContent('198.51.100.9, curl/8.7 (1 minute ago)');
  expect(alert).not.toHaveTextContent('192.0.2.7');
  expect(screen.getByText('tenant team-a')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: '3 refused' })).toHaveAttribute(
    'href',
    `/refused?keyId=${key.id}&q=198.51.100.9`
  );
});

test('what an import wrote about it is given in the reader’s language, and edited as it is stored', async () => {
  learn(german.server);
  serve({ ...AUDIT, 'GET /v1/keys/*': () => aKey({ description: 'Taken over from Grafana.' }) });
  show(<App />, PAGE);
  expect(await screen.findByText('Aus Grafana übernommen.')).toBeInTheDocument();
  await aUser().click(screen.getByRole('button', { name: 'Edit' }));
  expect(await screen.findByLabelText(/^Description/)).toHaveValue('Taken over from Grafana.');
  learn({});
});

test('an old token that nobody sends is safe to end', async () => {
  const key = aKey({
    tokens: [
      aToken({ id: 'oldoldoldold', hint: 'ost_oldoldoldold_…7Yt1', lastUsedAt: '2026-11-01T10:00:00Z' }),
      aToken({ id: 'newnewnewnew', createdAt: '2026-11-02T10:00:00Z' }),
    ],
  });
  serve({ ...AUDIT, 'GET /v1/keys/*': () => key });
  show(<App />, PAGE);
  expect(
    await screen.findByText(
      'Nobody has sent the old token ost_oldoldoldold_…7Yt1 since 2026-11-01 10:00:00: it is safe to end'
    )
  ).toBeInTheDocument();
  expect(screen.getByText('Nobody in the last 30 days.')).toBeInTheDocument();
});

test('switched off for a minute: whom that hit is shown as it comes, and stays when the key is back', async () => {
  const until = new Date(Date.now() + 50_000).toISOString();
  let key = aKey();
  let denials: Array<ReturnType<typeof aDenial>> = [];
  const seen = serve({
    ...AUDIT,
    'GET /v1/keys/*': () => key,
    'PATCH /v1/keys/*': ({ body }) => {
      const { enabled } = body as { enabled: boolean };
      key = enabled ? aKey() : aKey({ enabled, state: 'disabled', disabledUntil: until });
      return key;
    },
    'GET /v1/denials': () => ({ denials, nextCursor: '' }),
  });
  const user = aUser();
  show(<App />, PAGE);
  await user.click(await screen.findByRole('button', { name: 'Disable for 1 minute' }));
  expect(await screen.findByText(/^Switched off until/)).toBeInTheDocument();
  expect(await screen.findByText('Nobody was refused yet. Who is appears here at once.')).toBeInTheDocument();
  const asked = seen.find(({ route, params }) => route === '/v1/denials' && params.code === 'disabled');
  expect(new Date(asked?.params.since as string).getTime()).toBe(new Date(until).getTime() - 60_000);

  denials = [aDenial({ code: 'disabled', count: 12, userAgent: 'Alloy/1.12' })];
  expect(await screen.findByText('Refused meanwhile: 12, from 192.0.2.7 (Alloy/1.12).')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Enable' }));
  expect(await screen.findByText(/^It was switched off until/)).toBeInTheDocument();
  expect(screen.getByText('Refused meanwhile: 12, from 192.0.2.7 (Alloy/1.12).')).toBeInTheDocument();
});

test('what was refused of a key, the newest, with the way to all of them', async () => {
  const denials = Array.from({ length: 6 }, (_, i) => aDenial({ id: 9 - i, path: `/p${i}` }));
  const seen = serve({
    ...AUDIT,
    'GET /v1/keys/*': () => aKey(),
    'GET /v1/denials': () => ({ denials, nextCursor: '' }),
  });
  show(<App />, PAGE);
  expect(await screen.findByText('GET /p4')).toBeInTheDocument();
  expect(screen.queryByText('GET /p5')).not.toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'All that were refused' })).toHaveAttribute(
    'href',
    `/refused?keyId=${aKey().id}`
  );
  await waitFor(() =>
    expect(seen.find(({ route }) => route === '/v1/denials')?.params).toEqual({ keyId: aKey().id, limit: 5 })
  );
});

test('limits say how much of them is used', async () => {
  serve({
    ...AUDIT,
    'GET /v1/keys/*': () =>
      aKey({ limits: { ...aKey().limits, requestsPerDay: 1000 }, limitsUsed: { requestsPerDay: 0.256 } }),
  });
  show(<App />, PAGE);
  expect(await screen.findByText('Requests per day: 1,000 (26% used)')).toBeInTheDocument();
});

const LOKI = anEndpoint({ name: 'loki', require: 'ingest', takes: ['ingest'], tenant: { header: 'X-Scope-OrgID' } });
const MIMIR = anEndpoint({ name: 'mimir', require: 'ingest', takes: ['ingest'] });
const KUMA = anEndpoint();

test.each([
  [{ tenants: ['team-a'] }, /^All with its role: loki, mimir$/],
  [{}, /^All with its role: mimir It needs a tenant at loki\.$/],
  [{ endpoints: ['mimir'] }, /^mimir$/],
  [{ endpoints: ['mimir', 'kuma'] }, /^mimir, kuma The role Agent opens nothing at kuma\.$/],
  [{ endpoints: ['kuma'] }, /^kuma The role Agent opens nothing at kuma\. It opens nothing at this gate\.$/],
  [{ endpoints: ['mimir', 'mimr'] }, /^mimir, mimr This gate does not have: mimr\.$/],
  [{ endpoints: ['loki'], state: 'revoked' as const }, /^loki$/],
])('what %j opens as things are', async (change, said) => {
  serve({
    ...AUDIT,
    'GET /v1/keys/*': () => aKey({ role: 'Agent', endpoints: [], tenants: [], ...change }),
    'GET /v1/endpoints': () => ({
      gate: { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' },
      endpoints: [LOKI, MIMIR, KUMA],
    }),
  });
  show(<App />, PAGE);
  await screen.findByRole('heading', { name: 'edge-agents' });
  const value = screen.getByText('Endpoints', { selector: 'dt' }).nextElementSibling!;
  const text = () =>
    Array.from(
      value.childNodes,
      (part) => Array.from(part.childNodes, (e) => e.textContent).join(' ') || part.textContent
    )
      .join(' ')
      .trim();
  await waitFor(() => expect(text()).toMatch(said));
});

test('what was refused is drawn by day, and said by endpoint, path and method', async () => {
  const usage = aUsage(5, 8);
  usage.days[28].denied = 3;
  usage.denied = 3;
  usage.rules = [
    {
      ...{ endpoint: 'loki', path: '/loki/api/v1/push', method: 'POST', allowed: 13, denied: 0 },
      ...{ allowedAt: ago(60), deniedAt: null, days: [{ date: usage.days[29].date, allowed: 13, denied: 0 }] },
    },
    {
      ...{ endpoint: 'loki', path: '', method: '', allowed: 0, denied: 3 },
      ...{ allowedAt: null, deniedAt: ago(7200), days: [{ date: usage.days[28].date, allowed: 0, denied: 3 }] },
    },
  ];
  serve({
    ...AUDIT,
    'GET /v1/keys/*': () => aKey(),
    [`GET /v1/keys/${aKey().id}/usage`]: () => usage,
  });
  show(<App />, PAGE);
  const chart = await screen.findByRole('img', { name: /^13 requests in the last 30 days\./ });
  expect(chart).toHaveAccessibleName(/3 were refused, last on 20 Nov 2026\.$/);
  const table = screen.getByRole('table', { name: 'Where it is sent' });
  const [, pushed, others] = within(table).getAllByRole('row');
  expect(pushed).toHaveTextContent(/^lokiPOST \/loki\/api\/v1\/pushLet in 131 minute agoRefused 0/);
  expect(within(pushed).getByRole('img')).toHaveAccessibleName('13 requests in 14 days');
  expect(within(others).getByRole('link', { name: '3 refused at loki' })).toHaveAttribute(
    'href',
    `/refused?keyId=${aKey().id}&endpoint=loki`
  );
  expect(within(others).getByRole('img')).toHaveAccessibleName('0 requests in 14 days, and 3 refused');
});

test('a key that was sent nowhere says so', async () => {
  serve({ ...AUDIT, 'GET /v1/keys/*': () => aKey() });
  show(<App />, PAGE);
  expect(await screen.findByText('It was sent nowhere in the last 30 days.')).toBeInTheDocument();
  expect(screen.getByText('Not used in the last 30 days')).toBeInTheDocument();
});

test('a token of another system was made there, and one that gave way to a newer one was replaced', async () => {
  const [gone, late, now] = [
    aToken({
      id: 'gonegonegone',
      hint: 'psx-…',
      state: 'expired',
      expiresAt: ago(60),
      createdAt: '2023-04-05T06:07:08Z',
    }),
    aToken({ id: 'latelatelate', state: 'revoked' }),
    aToken({ id: 'newnewnewnew', createdAt: ago(3600), expiresAt: '2027-02-01T00:00:00Z' }),
  ];
  serve({ ...AUDIT, 'GET /v1/keys/*': () => aKey({ hint: gone.hint, tokens: [gone, late, now] }) });
  show(<App />, PAGE);
  const [, newest, ended, first] = within(await screen.findByRole('table', { name: 'Tokens' })).getAllByRole('row');
  expect(newest).toHaveTextContent('by admin');
  expect(ended).toHaveTextContent('Revoked');
  expect(first).toHaveTextContent('Replaced');
  expect(first).not.toHaveTextContent('Expired');
  expect(first).toHaveTextContent('elsewhere; taken over by admin');
});

test('a key that somebody else changes or uses is shown as it is', async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  let key = aKey({ useCount: 0 });
  serve({ ...AUDIT, 'GET /v1/keys/*': () => key });
  show(<App />, PAGE);
  expect(await screen.findByRole('button', { name: 'Revoke' })).toBeInTheDocument();
  key = aKey({ useCount: 4711, state: 'revoked', actions: ['edit', 'delete'], revokedAt: ago(1) });
  await act(() => jest.advanceTimersByTimeAsync(15_000));
  expect(screen.queryByRole('button', { name: 'Revoke' })).not.toBeInTheDocument();
  expect(screen.getByText('4,711')).toBeInTheDocument();
  jest.useRealTimers();
});

test('one that cannot be changed any longer is read again', async () => {
  let key = aKey();
  serve({
    ...AUDIT,
    'GET /v1/keys/*': () => key,
    'PATCH /v1/keys/*': () => {
      key = aKey({ state: 'revoked', actions: ['edit', 'delete'], revokedAt: ago(1) });
      return new Refusal(409, { code: 'conflict', detail: 'The API key was revoked.' });
    },
  });
  const user = aUser();
  show(<App />, PAGE);
  await user.click(await screen.findByRole('button', { name: 'Disable' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Disable' })).not.toBeInTheDocument());
});

test('an answer that is lost on the way says that nobody knows, and what to do', async () => {
  serve({
    ...AUDIT,
    'GET /v1/keys/*': () => aKey(),
    [`POST /v1/keys/${aKey().id}/rotate`]: () => new Refusal(0, { code: 'unavailable' }),
  });
  const user = aUser();
  show(<App />, PAGE);
  await user.click(await screen.findByRole('button', { name: 'Rotate' }));
  await user.click(await screen.findByRole('button', { name: 'Rotate key' }));
  expect(await screen.findByText('It is not known whether this was done')).toBeInTheDocument();
  expect(screen.getByText(/its token is lost: rotate the key/)).toBeInTheDocument();
});
