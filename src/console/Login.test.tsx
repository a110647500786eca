import { render, screen } from '@testing-library/react';
import React from 'react';
import { aUser } from '../test/backend';
import { Login } from './Login';
import { session } from './session';

const KEY = `ost_4fjK2n0qPz7a_${'s'.repeat(49)}`;

/** Signs in with a key of which the server says something. */
async function signIn(status: number, body: object): Promise<void> {
  global.fetch = jest.fn(async () => ({
    ok: status < 400,
    status,
    statusText: '',
    headers: new Map(),
    url: '',
    text: async () => JSON.stringify(body),
  })) as unknown as typeof fetch;
  const user = aUser();
  render(<Login />);
  await user.type(screen.getByLabelText(/^API key/), KEY);
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
}

test('a key that is limited to endpoints is told what signing in takes, and nothing of proxies', async () => {
  const detail =
    'The API key is limited to certain endpoints, and the request names none. A proxy that asks at /auth names one as ?endpoint=NAME.';
  await signIn(403, { code: 'forbidden', detail });
  expect(await screen.findByText(/Sign in with one that is not, and that may manage keys\.$/)).toBeInTheDocument();
  expect(screen.queryByText(/proxy/)).not.toBeInTheDocument();
  expect(session.key()).toBe('');
});

test('other refusals are said in the words of the server', async () => {
  const detail = 'The API key may not be used from the address 10.0.0.1.';
  await signIn(403, { code: 'forbidden', detail });
  expect(await screen.findByText(detail)).toBeInTheDocument();
});
