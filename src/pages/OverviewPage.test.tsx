import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import type { Denial, Endpoint, EndpointList, Key, KeyClient } from '../api/types';
import { aUser, serve, show } from '../test/backend';
import { aClient, aDenial, ADMIN, aKey, anEndpoint, someStats, VIEWER } from '../test/fixtures';
import { OverviewPage } from './OverviewPage';

const GATE = { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' };

test('every number leads to what it counts', async () => {
  serve({ 'GET /v1/stats': () => someStats() });
  show(<OverviewPage />);
  for (const [name, href] of [
    ['1,200 Let in', '/keys?sort=-lastUsedAt'],
    ['7 Refused', '/refused?since=24h'],
    ['5 Active', '/keys?state=active'],
    ['2 Ends within 30 days', '/keys?expires=30d&sort=expiresAt'],
    ['1 Unused for 90 days', '/keys?unused=90d'],
    ['1 Never used', '/keys?unused=never'],
    ['1 Expired', '/keys?state=expired'],
    ['Key has expired', '/refused?since=24h&code=expired'],
    ['7 refused', '/refused?since=24h&endpoint=loki'],
    ['loki', '/keys?endpoint=loki'],
    ['edge-agents', '/keys/4fjK2n0qPz7a'],
  ]) {
    expect((await screen.findAllByRole('link', { name }))[0]).toHaveAttribute('href', href);
  }
  // What is not there leads nowhere.
  expect(screen.getByText('Revoked').closest('a')).toBeNull();
});

test('the span is chosen, kept in the address, and refusals are shown for as long as they are kept', async () => {
  const seen = serve({ 'GET /v1/stats': () => someStats() });
  const user = aUser();
  show(<OverviewPage />, '/?range=7d');
  await screen.findByText('Let in');
  await user.click(screen.getByRole('radio', { name: '30 d' }));
  await waitFor(() =>
    expect(seen.filter(({ route }) => route === '/v1/stats').map(({ params }) => params)).toEqual([
      { since: '7d', step: '1h' },
      { since: '30d', step: '1d' },
    ])
  );
  await waitFor(() =>
    expect(screen.getByRole('link', { name: 'Key has expired' })).toHaveAttribute(
      'href',
      '/refused?since=7d&code=expired'
    )
  );
});

test('the chart says the numbers of each step to keyboard and screen reader', async () => {
  serve({ 'GET /v1/stats': () => someStats() });
  show(<OverviewPage />);
  const chart = await screen.findByRole('slider', { name: 'Requests over time' });
  expect(chart).toHaveAccessibleDescription('1,200 let in and 7 refused in all.');
  expect(chart).toHaveAttribute('aria-valuetext', 'Sat 28 Nov, 12:00: 200 let in, 7 refused');
  fireEvent.keyDown(chart, { key: 'ArrowLeft' });
  expect(chart).toHaveAttribute('aria-valuetext', 'Sat 28 Nov, 11:00: 1,000 let in, 0 refused');
  fireEvent.keyDown(chart, { key: 'Home' });
  expect(chart).toHaveAttribute('aria-valuenow', '0');
  fireEvent.keyDown(chart, { key: 'ArrowLeft' });
  expect(chart).toHaveAttribute('aria-valuenow', '0');
  fireEvent.keyDown(chart, { key: 'End' });
  expect(chart).toHaveAttribute('aria-valuenow', '23');
});

test('a bar is as high as its step, and a single refusal is still to be seen', async () => {
  serve({ 'GET /v1/stats': () => someStats() });
  show(<OverviewPage />);
  const chart = await screen.findByRole('slider');
  const heights = Array.from(chart.querySelectorAll('g'), (step) =>
    Array.from(step.querySelectorAll('rect'), (bar) => bar.getAttribute('height'))
  );
  expect(heights.slice(-3)).toEqual([[], ['100%'], ['20%', '1.5%']]);
});

describe('while nothing was used yet', () => {
  const none = () => someStats({ allowed: 0, keys: { ...someStats().keys, total: 1, neverUsed: 0 } });
  const atConsole = { ...ADMIN, keyId: 'AAAAAAAAAAAA' };

  const list = (keys: Key[]) => ({ keys, nextCursor: '' });
  const gate = (change: Partial<EndpointList> = {}) => ({
    gate: GATE,
    endpoints: [],
    inStore: true,
    upstreams: ['127.0.0.1:3100'],
    kinds: ['loki'],
    file: 'ostiary.yaml',
    ...change,
  });
  const used = { lastUsedAt: new Date().toISOString(), lastUsedFrom: '192.0.2.7' };

  beforeEach(() => localStorage.clear());

  test('each step finds what was done, and sees what arrives', async () => {
    let endpoints: Endpoint[] = [];
    let keys: Key[] = [];
    let clients: KeyClient[] = [];
    let denials: Denial[] = [];
    serve(
      {
        'GET /v1/stats': none,
        'GET /v1/endpoints': () => gate({ endpoints }),
        'GET /v1/keys': ({ params }) => list(keys.filter(({ role }) => role === params.role)),
        'GET /v1/denials': () => ({ denials, nextCursor: '' }),
        [`GET /v1/keys/${aKey().id}/clients`]: () => ({ clients }),
      },
      atConsole
    );
    show(<OverviewPage />);
    const steps = within(await screen.findByRole('list', { name: 'First steps' }));
    expect(await steps.findByRole('button', { name: 'Add endpoint' })).toBeInTheDocument();
    expect(steps.queryByText('Done:')).not.toBeInTheDocument();
    const next = () => steps.getAllByRole('listitem').findIndex((step) => step.hasAttribute('aria-current'));
    expect(next()).toBe(0);

    endpoints = [
      anEndpoint({ name: 'loki', kind: 'loki', require: '', takes: ['ingest', 'read'], upstream: 'http://l' }),
    ];
    expect(await steps.findByText('loki to http://l')).toBeInTheDocument();
    expect(next()).toBe(1);

    keys = [aKey({ role: 'Agent', lastUsedAt: null, createdAt: '2026-11-28T12:00:00Z' })];
    denials = [aDenial({ keyId: '', code: 'invalid_token', at: '2026-11-28T11:00:00Z', reason: 'too old' })];
    expect(await steps.findByText('Waiting for the first request with “edge-agents”…')).toBeInTheDocument();
    expect(steps.queryByText('Unknown key.')).not.toBeInTheDocument();
    denials = [aDenial({ keyId: '', code: 'invalid_token', at: '2026-11-28T13:00:00Z', reason: 'no such key' })];
    expect(await steps.findByText('Unknown key.')).toBeInTheDocument();
    expect(steps.getByText(/^Compare the whole token/)).toBeInTheDocument();

    keys = [aKey({ role: 'Agent', ...used })];
    clients = [aClient({ endpoint: 'loki', tenant: 'team-a', address: '192.0.2.7', userAgent: 'Alloy/1.9' })];
    expect(
      await steps.findByText('was let in just now. At loki, as team-a, from 192.0.2.7, by Alloy/1.9.', { exact: false })
    ).toBeInTheDocument();
    expect(next()).toBe(2);

    clients = [];
    keys = [...keys, aKey({ role: 'Viewer', ...used })];
    expect(await screen.findByRole('region', { name: 'What comes next' })).toBeInTheDocument();
    expect(steps.getAllByText('Done:')).toHaveLength(3);
    await aUser().click(screen.getByRole('button', { name: 'Go to the numbers' }));
    expect(await screen.findByRole('slider')).toBeInTheDocument();
  });

  test('a key that opens none of the endpoints is named, and so is what was let in and not served', async () => {
    let keys = [aKey({ role: 'Agent', endpoints: ['lokki'], lastUsedAt: null })];
    serve(
      {
        'GET /v1/stats': none,
        'GET /v1/endpoints': () =>
          gate({ endpoints: [anEndpoint({ name: 'loki', kind: 'loki', require: '', takes: ['ingest', 'read'] })] }),
        'GET /v1/keys': ({ params }) => list(keys.filter(({ role }) => role === params.role)),
        [`GET /v1/keys/${aKey().id}/clients`]: () => ({ clients: [aClient({ endpoint: 'loki', fault: 503 })] }),
      },
      atConsole
    );
    show(<OverviewPage />);
    const steps = within(await screen.findByRole('list', { name: 'First steps' }));
    expect(await steps.findByText('“edge-agents” opens none of the endpoints')).toBeInTheDocument();
    expect(steps.getByRole('button', { name: 'Edit edge-agents' })).toBeInTheDocument();
    expect(steps.queryByText(/Waiting for the first request/)).not.toBeInTheDocument();

    keys = [aKey({ role: 'Agent', endpoints: ['loki'], ...used })];
    expect(await steps.findByText('The program behind loki answered 503.')).toBeInTheDocument();
    expect(steps.queryByText('“edge-agents” opens none of the endpoints')).not.toBeInTheDocument();
    expect(steps.getAllByText('Done:')).toHaveLength(1);
  });

  test('what was begun is seen to its end, what is over comes back when it is asked for', async () => {
    const stats = jest.fn(none);
    serve(
      {
        'GET /v1/stats': stats,
        'GET /v1/endpoints': () => gate(),
        'GET /v1/keys': () => list([]),
      },
      atConsole
    );
    const first = show(<OverviewPage />);
    await screen.findByRole('list', { name: 'First steps' });
    first.unmount();

    // A key was used meanwhile.
    stats.mockImplementation(() => someStats());
    const second = show(<OverviewPage />);
    await screen.findByRole('list', { name: 'First steps' });
    await aUser().click(screen.getByRole('button', { name: 'Skip the first steps' }));
    await screen.findByRole('slider');
    second.unmount();

    // Skipped is skipped, also while nothing is used.
    stats.mockImplementation(none);
    const third = show(<OverviewPage />);
    await screen.findByRole('slider');
    await aUser().click(screen.getByRole('button', { name: 'First steps' }));
    await screen.findByRole('list', { name: 'First steps' });
    await aUser().click(screen.getByRole('button', { name: 'Skip the first steps' }));
    third.unmount();

    show(<OverviewPage />, '/?first-steps=true');
    await screen.findByRole('list', { name: 'First steps' });
  });

  test.each([
    [
      { file: '/etc/ostiary.yaml' },
      'Write this into /etc/ostiary.yaml, below “gate:” if that is there:',
      /^pkill -HUP/,
    ],
    [{ file: '' }, 'Write this into grafana.ini:', /^systemctl restart grafana-server$/],
    [{ file: '', inStore: true, upstreams: [] }, 'Write this into grafana.ini:', /^systemctl restart grafana-server$/],
  ])('where no endpoint can be made here, the operator’s lines are shown (%j)', async (change, where, command) => {
    serve(
      {
        'GET /v1/stats': none,
        'GET /v1/endpoints': () => gate({ inStore: false, ...change }),
        'GET /v1/keys': () => list([]),
      },
      atConsole
    );
    show(<OverviewPage />);
    expect(await screen.findByText(where)).toBeInTheDocument();
    expect(screen.getByText(/endpoints_in_store/)).toHaveTextContent(/upstreams.*127\.0\.0\.1:3100/);
    expect(screen.getByText(command)).toBeInTheDocument();
  });
});

test('who may not manage keys sees no numbers', async () => {
  const seen = serve({}, VIEWER);
  show(<OverviewPage />);
  expect(await screen.findByText('Keys are managed by administrators')).toBeInTheDocument();
  expect(seen.map(({ route }) => route)).not.toContain('/v1/stats');
});
