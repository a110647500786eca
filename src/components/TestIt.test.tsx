import { screen } from '@testing-library/react';
import React from 'react';
import { serve, show } from '../test/backend';
import { aClient, aKey, aToken } from '../test/fixtures';
import { TestIt } from './TestIt';
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
  expect(screen.queryByText(/It works/)).not.toBeInTheDocument();
  client = aClient({ endpoint: 'loki' });
  expect(
    await screen.findByText(/^It works: the first request came at .* At loki,/, {}, { timeout: 9000 })
  ).toBeInTheDocument();
});
