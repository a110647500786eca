import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import { Route, Routes } from 'react-router-dom';
import { aUser, serve, show } from '../test/backend';
import { ADMIN, aKey, anEndpoint, someStats, VIEWER } from '../test/fixtures';
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

  test('the first steps are checked off by what the server has, and the first request is seen arriving', async () => {
    let [endpoints, keys] = [[] as unknown[], [aKey({ id: 'AAAAAAAAAAAA', name: 'admin' })]];
    serve(
      {
        'GET /v1/stats': none,
        'GET /v1/endpoints': () => ({ gate: GATE, endpoints, inStore: false }),
        'GET /v1/keys': () => ({ keys, nextCursor: '' }),
        'GET /v1/denials': () => ({ denials: [], nextCursor: '' }),
      },
      atConsole
    );
    show(<OverviewPage />);
    const steps = within(await screen.findByRole('list', { name: 'First steps' }));
    expect(steps.queryByText('Done:')).not.toBeInTheDocument();
    expect(await steps.findByText(/name: loki/)).toBeInTheDocument();
    expect(steps.getByText(/^curl .*\/auth"$/)).toBeInTheDocument();

    endpoints = [anEndpoint()];
    expect(await steps.findByText('kuma')).toBeInTheDocument();
    expect(steps.getAllByText('Done:')).toHaveLength(1);

    keys = [aKey({ endpoints: ['kuma'] }), ...keys];
    expect(await steps.findByText('Waiting for the first request…')).toBeInTheDocument();
    expect(steps.getByText(/^curl .*\/auth\?endpoint=kuma"$/)).toBeInTheDocument();

    keys = [aKey({ lastUsedAt: new Date().toISOString(), lastUsedFrom: '192.0.2.7' }), keys[1]];
    expect(await steps.findByText('was let in just now, from 192.0.2.7.')).toBeInTheDocument();
    expect(steps.getAllByText('Done:')).toHaveLength(4);
    await aUser().click(screen.getByRole('button', { name: 'Go to the numbers' }));
    expect(await screen.findByRole('slider')).toBeInTheDocument();
  });

  test('where endpoints may be made here, the first step leads to that', async () => {
    serve(
      {
        'GET /v1/stats': none,
        'GET /v1/endpoints': () => ({ gate: GATE, endpoints: [], inStore: true }),
        'GET /v1/keys': () => ({ keys: [], nextCursor: '' }),
        'GET /v1/denials': () => ({ denials: [], nextCursor: '' }),
      },
      atConsole
    );
    show(
      <Routes>
        <Route path="/endpoints" element={<p>the endpoints</p>} />
        <Route path="*" element={<OverviewPage />} />
      </Routes>
    );
    await aUser().click(await screen.findByRole('button', { name: 'Add endpoint' }));
    expect(await screen.findByText('the endpoints')).toBeInTheDocument();
  });
});

test('who may not manage keys sees no numbers', async () => {
  const seen = serve({}, VIEWER);
  show(<OverviewPage />);
  expect(await screen.findByText('Keys are managed by administrators')).toBeInTheDocument();
  expect(seen.map(({ route }) => route)).not.toContain('/v1/stats');
});
