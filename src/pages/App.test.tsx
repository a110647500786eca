import { act, screen, waitFor } from '@testing-library/react';
import React from 'react';
import { reportOutage } from '../api/status';
import { aUser, Refusal, serve, show } from '../test/backend';
import { aKey, aToken, aUsage } from '../test/fixtures';
import { App } from './App';

const entry = (id: number, action: string, rest = {}) => ({
  id,
  at: '2026-11-20T08:00:00Z',
  actor: 'admin',
  from: '127.0.0.1',
  action,
  keyId: '4fjK2n0qPz7a',
  keyName: 'edge-agents',
  changes: [],
  ...rest,
});

afterEach(() => act(() => reportOutage(undefined)));

test('one key: what is known of it, and what was done to it', async () => {
  const seen = serve({
    'GET /v1/keys/*': () =>
      aKey({
        description: 'At the edge',
        endpoints: ['kuma'],
        useCount: 12345,
        tokens: [aToken({ id: 'aaaaaaaaaaaa', hint: 'ost_aaaaaaaaaaaa_…7Yt1', state: 'expired' }), aToken()],
      }),
    'GET /v1/audit': () => ({
      entries: [entry(2, 'disable'), entry(1, 'create', { changes: [{ field: 'role', from: null, to: 'Agent' }] })],
      nextCursor: '',
    }),
  });
  show(<App />, '/keys/4fjK2n0qPz7a');
  expect(await screen.findByRole('heading', { name: 'edge-agents' })).toBeInTheDocument();
  for (const text of ['At the edge', 'kuma', '12,345', 'role: Agent']) {
    expect(await screen.findByText(text)).toBeInTheDocument();
  }
  expect(screen.getByText('ost_aaaaaaaaaaaa_…7Yt1').closest('tr')).toHaveTextContent('Expired');
  // One that is left alone ends with its key.
  expect(screen.queryByText('End now')).not.toBeInTheDocument();
  expect(seen.find(({ route }) => route === '/v1/audit')?.params).toEqual({ keyId: '4fjK2n0qPz7a', limit: 50 });
});

test('the use of a key by day, in a chart and in words', async () => {
  const seen = serve({
    'GET /v1/keys/*': () => aKey(),
    'GET /v1/keys/4fjK2n0qPz7a/usage': () => aUsage(1234, 0, 6),
    'GET /v1/audit': () => ({ entries: [], nextCursor: '' }),
  });
  show(<App />, '/keys/4fjK2n0qPz7a');
  const chart = await screen.findByRole('img', { name: /last 30 days/ });
  expect(chart).toHaveAccessibleName('1,240 requests in the last 30 days. The most were 1,234, on 19 Nov 2026.');
  expect(screen.getByText('1,240 requests')).toBeInTheDocument();
  expect(screen.getByText('Most on 19 Nov 2026: 1,234')).toBeInTheDocument();
  expect(screen.getByText('23 Oct 2026')).toBeInTheDocument();
  const bars = Array.from(chart.children, (day) => (day.firstChild as HTMLElement | null)?.style.height);
  expect(bars.slice(-4)).toEqual([undefined, '100%', undefined, `${600 / 1234}%`]);
  expect(bars).toHaveLength(30);
  expect(seen.find(({ route }) => route.endsWith('/usage'))?.params).toEqual({ days: 30 });

  await aUser().hover(chart.children[29]);
  expect(await screen.findByText('21 Nov 2026: 6 requests')).toBeInTheDocument();
});

test('the requests in all are not fewer than those by day, which are read a moment later', async () => {
  serve({
    'GET /v1/keys/*': () => aKey({ useCount: 282 }),
    'GET /v1/keys/4fjK2n0qPz7a/usage': () => aUsage(286),
    'GET /v1/audit': () => ({ entries: [], nextCursor: '' }),
  });
  show(<App />, '/keys/4fjK2n0qPz7a');
  expect(await screen.findByText('286 requests')).toBeInTheDocument();
  expect(screen.getByText('Requests', { selector: 'dt' }).nextElementSibling).toHaveTextContent(/^286$/);
});

test('exact times stand in words where a key is shown, and no time is a stop of the Tab key', async () => {
  serve({
    'GET /v1/keys/*': () =>
      aKey({
        expiresAt: '2027-02-19T18:42:46Z',
        lastUsedAt: '2026-11-20T09:10:11Z',
        revokedAt: '2026-11-21T00:00:01Z',
      }),
    'GET /v1/audit': () => ({ entries: [entry(1, 'create')], nextCursor: '' }),
  });
  show(<App />, '/keys/4fjK2n0qPz7a');
  for (const text of ['2027-02-19 18:42:46', '2026-11-20 09:10:11', '2026-11-21 00:00:01', '2026-11-20 08:00:00']) {
    expect(await screen.findByText(text)).toBeInTheDocument();
  }
  const times = Array.from(document.querySelectorAll('time'));
  expect(times.length).toBeGreaterThan(3);
  expect(times.filter((time) => time.tabIndex >= 0)).toEqual([]);
});

test('a key that was not used says so, and one whose use cannot be read can be asked again', async () => {
  let broken = true;
  serve({
    'GET /v1/keys/*': () => aKey(),
    'GET /v1/keys/4fjK2n0qPz7a/usage': () =>
      broken ? new Refusal(500, { code: 'internal', detail: 'A fault.' }) : aUsage(),
    'GET /v1/audit': () => ({ entries: [], nextCursor: '' }),
  });
  show(<App />, '/keys/4fjK2n0qPz7a');
  expect(await screen.findByText('The use by day could not be read')).toBeInTheDocument();
  expect(screen.getByText('A fault.')).toBeInTheDocument();
  broken = false;
  await aUser().click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Not used in the last 30 days')).toBeInTheDocument();
  expect(screen.queryByRole('img', { name: /last 30 days/ })).not.toBeInTheDocument();
});

test('of a revoked key only what people read can be changed', async () => {
  const seen = serve({
    'GET /v1/keys/*': () => aKey({ state: 'revoked', revokedAt: '2026-11-20T08:00:00Z' }),
    'PATCH /v1/keys/*': () => aKey(),
    'GET /v1/audit': () => ({ entries: [], nextCursor: '' }),
  });
  const user = aUser();
  show(<App />, '/keys/4fjK2n0qPz7a');
  await user.click(await screen.findByRole('button', { name: 'Edit' }));
  expect(screen.queryByRole('button', { name: 'Rotate' })).not.toBeInTheDocument();
  expect(screen.queryByLabelText(/^Endpoints/)).not.toBeInTheDocument();
  await user.type(await screen.findByLabelText(/^Name/), '-old');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(seen.find(({ method }) => method === 'PATCH')?.body).toEqual({ name: 'edge-agents-old' }));
});

test('a key that is not there leads back to those that are', async () => {
  serve({ 'GET /v1/keys/*': () => new Refusal(404, { code: 'not_found', detail: 'No such key.' }) });
  show(<App />, '/keys/zzzzzzzzzzzz');
  expect(await screen.findByText('There is no key with the id zzzzzzzzzzzz')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Show all keys' })).toBeInTheDocument();
});

test('the audit trail goes on with older entries', async () => {
  serve({
    'GET /v1/audit': ({ params }) =>
      params.cursor
        ? { entries: [entry(1, 'create')], nextCursor: '' }
        : { entries: [entry(3, 'rotate'), entry(2, 'melt')], nextCursor: 'older' },
  });
  show(<App />, '/audit');
  expect(await screen.findByText('Rotated')).toBeInTheDocument();
  expect(screen.getByText('melt')).toBeInTheDocument(); // newer than this page
  await aUser().click(screen.getByRole('button', { name: 'Show older entries' }));
  expect(await screen.findByText('Created')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Show older entries' })).not.toBeInTheDocument();
});

test('what was done to an endpoint or a pool names it, and leads there', async () => {
  const none = { keyId: '', keyName: '' };
  serve({
    'GET /v1/audit': () => ({
      entries: [
        entry(3, 'createEndpoint', {
          ...none,
          endpoint: 'loki',
          changes: [{ field: 'path', from: null, to: '/loki' }],
        }),
        entry(2, 'createPool', { ...none, pool: 'press' }),
        entry(1, 'updatePolicy', none),
      ],
      nextCursor: '',
    }),
  });
  show(<App />, '/audit');
  expect(await screen.findByRole('link', { name: 'loki' })).toHaveAttribute('href', '/endpoints');
  expect(screen.getByRole('row', { name: /Endpoint made loki\s?endpoint Path: “\/loki”$/ })).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'press' })).toHaveAttribute('href', '/pools');
  expect(screen.getByRole('row', { name: /Pool made press\s?pool none$/ })).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /Policy changed none none$/ })).toBeInTheDocument();
});

test('the audit trail is narrowed by words, action, person and time, all kept in the address', async () => {
  const seen = serve({
    'GET /v1/audit': ({ params }) => ({
      entries: params.q === 'nothing' ? [] : [entry(params.cursor ? 1 : 2, params.cursor ? 'create' : 'rotate')],
      nextCursor: params.cursor || params.q === 'nothing' ? '' : 'older',
    }),
  });
  const asked = () => seen.filter(({ route }) => route === '/v1/audit').at(-1)?.params;
  const user = aUser();
  show(<App />, '/audit?action=rotate&since=week&actor=ada&q=edge');
  expect(await screen.findByText('edge-agents')).toBeInTheDocument();
  const { since, ...rest } = asked() as { since: string };
  expect(rest).toEqual({ q: 'edge', action: 'rotate', actor: 'ada', limit: 50 });
  const back = Date.now() - new Date(since).getTime();
  expect(back).toBeGreaterThanOrEqual(7 * 86400_000);
  expect(back).toBeLessThan(8 * 86400_000);
  expect(screen.getByLabelText('Search the trail')).toHaveValue('edge');
  expect(screen.getByLabelText('By whom')).toHaveValue('ada');
  expect(screen.getByRole('combobox', { name: 'What' })).toHaveValue('Rotated');

  // Older entries are of the same question, from the same moment on.
  await user.click(screen.getByRole('button', { name: 'Show older entries' }));
  await waitFor(() => expect(asked()).toEqual({ since, ...rest, cursor: 'older' }));

  await user.clear(screen.getByLabelText('By whom'));
  await waitFor(() => expect(asked()).toEqual({ since, q: 'edge', action: 'rotate', limit: 50 }));
  await user.clear(screen.getByLabelText('Search the trail'));
  await user.type(screen.getByLabelText('Search the trail'), 'nothing');
  expect(await screen.findByText('No entry matches')).toBeInTheDocument();
  await waitFor(() => expect(asked()).toEqual({ since, q: 'nothing', action: 'rotate', limit: 50 }));
});

test('what an address says wrongly of the audit trail lets no more through', async () => {
  const seen = serve({ 'GET /v1/audit': () => ({ entries: [], nextCursor: '' }) });
  const asked = () => seen.filter(({ route }) => route === '/v1/audit').at(-1)?.params;
  const user = aUser();
  show(<App />, '/audit?since=toString&q=edge');
  expect(await screen.findByText('No entry matches')).toBeInTheDocument();
  expect(asked()).toEqual({ q: 'edge since:"toString"', limit: 50 });
  const search = screen.getByLabelText('Search the trail');
  expect(search).toHaveValue('edge since:"toString"');
  expect(screen.getByText('“toString” is none of day, week, month.')).toBeInTheDocument();

  // It is gone with its words, and stays so.
  await user.clear(search);
  expect(await screen.findByText('Nothing was done yet.')).toBeInTheDocument();
  expect(asked()).toEqual({ limit: 50 });
  expect(screen.queryByText(/is none of/)).not.toBeInTheDocument();
});

test('an action that there is not is told of, too', async () => {
  const seen = serve({ 'GET /v1/audit': () => ({ entries: [], nextCursor: '' }) });
  show(<App />, '/audit?action=melt&since=day');
  expect(await screen.findByText(/^“melt” is none of create, update, /)).toBeInTheDocument();
  expect(seen.find(({ route }) => route === '/v1/audit')?.params).toMatchObject({ q: 'action:"melt"' });
});

test('one banner says that the store is down, and goes when it is back', async () => {
  let down = true;
  const unlessDown = (answer: unknown) =>
    down ? new Refusal(503, { code: 'unavailable', detail: 'Shortly.' }) : answer;
  serve({
    'GET /v1/keys': () => unlessDown({ keys: [aKey()], nextCursor: '', total: 1 }),
    'GET /v1/pools': () => unlessDown({ pools: [] }),
  });
  show(<App />, '/keys');
  await screen.findByRole('heading', { level: 1, name: 'API keys' });
  expect(await screen.findByText('The key store cannot be reached')).toBeInTheDocument();
  expect(screen.getAllByRole('alert')).toHaveLength(1);
  down = false;
  await aUser().click(screen.getByRole('button', { name: 'Read the list again' }));
  expect(await screen.findByText('edge-agents')).toBeInTheDocument();
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

test('when the rights cannot be read, it says so', async () => {
  serve({ 'GET /v1/policy': () => new Refusal(500, { code: 'internal', detail: 'A fault.' }) });
  show(<App />);
  expect(await screen.findByText('Your rights could not be read')).toBeInTheDocument();
});

test('an address that no page has says so, and leads to the overview', async () => {
  serve({});
  show(<App />, '/nowhere/at-all');
  expect(await screen.findByRole('heading', { name: 'Not found' })).toBeInTheDocument();
  expect(screen.getByText(/^Nothing has the address \/nowhere\/at-all\./)).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Go to the overview' })).toBeInTheDocument();
});
