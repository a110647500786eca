import { screen, waitFor } from '@testing-library/react';
import React from 'react';
import { serve, show } from '../test/backend';
import { aClient, aKey, anEndpoint, aToken, TOKEN } from '../test/fixtures';
import { TestIt } from './TestIt';
import { TokenDialog } from './TokenDialog';
import { useFirstRequest } from './useFirstRequest';

const Watching = () => <TestIt {...useFirstRequest(aKey().id, aToken().id)} />;

test.each([
  [
    503,
    /^Let in at .*, but not served\. The program behind loki answered 503\. Its own log says why\. Waiting goes on\.$/,
  ],
  [502, /answered 502\. Look whether the program behind the endpoint runs\./],
  [401, /answered 401\. It wants a login of its own:/],
  [400, /answered 400\. Compare what the client sends/],
])('a request that is let in and answered with %d is no success, and the next may be', async (fault, said) => {
  let client = aClient({ endpoint: 'loki', fault });
  const token = aToken({ lastUsedAt: '2026-11-29T08:00:00Z' });
  serve({
    'GET /v1/keys/*': () => aKey({ lastUsedAt: token.lastUsedAt, tokens: [token] }),
    [`GET /v1/keys/${aKey().id}/clients`]: () => ({ clients: [client] }),
  });
  show(<Watching />);
  expect(await screen.findByText(said)).toBeInTheDocument();
  expect(screen.queryByText(/the first request came/)).not.toBeInTheDocument();
  client = aClient({ endpoint: 'loki' });
  expect(
    await screen.findByText(/^Let in: the first request came at .* At loki,/, {}, { timeout: 9000 })
  ).toBeInTheDocument();
});

test.each([
  [
    { role: 'Agent' as const, tenants: [] },
    'This key has no tenant',
    { role: 'Agent' as const, tenants: ['team-a'] },
    anEndpoint({ name: 'loki', require: 'ingest', takes: ['ingest'], tenant: { header: 'X-Scope-OrgID' } }),
  ],
  [
    { role: 'Agent' as const, endpoints: ['kuma'] },
    'This key opens nothing',
    { role: 'Viewer' as const, endpoints: ['kuma'] },
    anEndpoint(),
  ],
])('what a new key lacks is said until it is mended (%j)', async (lacking, title, mended, endpoint) => {
  let key = aKey(lacking);
  serve({
    'GET /v1/keys/*': () => key,
    'GET /v1/endpoints': () => ({
      gate: { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' },
      endpoints: [endpoint],
    }),
  });
  show(<TokenDialog created={{ key, token: TOKEN }} title="Key created" onClose={() => undefined} />);
  expect(await screen.findByText(title)).toBeInTheDocument();
  key = aKey(mended);
  await waitFor(() => expect(screen.queryByText(title)).not.toBeInTheDocument(), { timeout: 9000 });
});
