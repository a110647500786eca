import { screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import type { Notice } from '../api/types';
import german from '../locales/de-DE/ostiary-apikeys-app.json';
import { learn } from '../said';
import { aUser, Refusal, serve, show } from '../test/backend';
import { POLICY } from '../test/fixtures';
import { SettingsPage } from './SettingsPage';

const health = {
  status: 'degraded',
  version: '1.2.3',
  store: { engine: 'SQLite 3.50.4', status: 'unavailable', error: 'disk I/O error' },
  replica: { ready: true, keys: 1234, lagSeconds: 0.25 },
  gate: { listen: '127.0.0.1:7172', status: 'ok' },
};

test('it shows the policy in force, and the state of the server in words', async () => {
  serve({ 'GET /v1/health': () => health });
  show(<SettingsPage />);
  for (const text of ['90 days', 'No limit', 'disk I/O error', 'Does not work', 'Works', '1,234', '1.2.3']) {
    expect(await screen.findByText(text)).toBeInTheDocument();
  }
  expect(screen.queryByRole('textbox')).not.toBeInTheDocument();
});

describe('where the policy can be changed', () => {
  const settings = { defaultTtl: '90d', maxTtl: '0', roles: ['Admin' as const, 'Agent' as const] };
  const open = async (save = jest.fn(async () => undefined)) => {
    serve({});
    const user = aUser();
    show(<SettingsPage policy={{ settings, save }} />);
    const max = await screen.findByLabelText(/^Longest lifetime/);
    return { save, user, max, first: screen.getByLabelText(/^Lifetime when none/) };
  };

  test('what was not set begins as it is in force', async () => {
    serve({ 'GET /v1/policy': () => ({ defaultTtl: 12 * 3600, maxTtl: 30 * 86400, roles: ['Agent'] }) });
    show(<SettingsPage policy={{ settings: { maxTtl: '7d' }, save: jest.fn() }} />);
    expect(await screen.findByLabelText(/^Lifetime when none/)).toHaveValue('12h');
    expect(screen.getByLabelText(/^Longest lifetime/)).toHaveValue('7d');
    expect(screen.getByLabelText(/^Agent/)).toBeChecked();
    expect(screen.getByLabelText(/^Viewer/)).not.toBeChecked();
  });

  test('it is saved once it is right', async () => {
    const { save, user, max } = await open();
    expect(screen.getByRole('button', { name: 'Save policy' })).toBeDisabled();
    await user.clear(max);
    await user.type(max, '365d');
    await user.click(screen.getByLabelText(/^Viewer/));
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    await waitFor(() =>
      expect(save).toHaveBeenCalledWith({ defaultTtl: '90d', maxTtl: '365d', roles: ['Admin', 'Viewer', 'Agent'] })
    );
    expect(await screen.findByText('Saved.')).toBeInTheDocument();
  });

  test.each([
    ['soon', '90d', /Write seconds/],
    ['{Backspace}', '90d', /Write seconds/], // it would mean never
    ['90d', '{Backspace}', /Write seconds/],
    ['30d', '90d', /longer than the longest lifetime, 30d/],
    ['30d', 'never', /longer than the longest lifetime/],
  ])('a longest lifetime of %s with a default of %s is refused on the field', async (longest, usual, remark) => {
    const { save, user, max, first } = await open();
    await user.clear(max);
    await user.type(max, longest);
    await user.clear(first);
    await user.type(first, usual);
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(remark);
    expect(save).not.toHaveBeenCalled();
  });

  test('without any role nobody could get a key', async () => {
    const { save, user } = await open();
    await user.click(screen.getByLabelText(/^Admin/));
    await user.click(screen.getByLabelText(/^Agent/));
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    expect(await screen.findByText('Choose at least one role.')).toBeInTheDocument();
    expect(save).not.toHaveBeenCalled();
  });

  test('what Grafana refuses is said', async () => {
    const refused = jest.fn().mockRejectedValue({ status: 403, data: { message: 'Permission denied' }, config: {} });
    const { user, max } = await open(refused);
    await user.type(max, '0');
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    expect(await screen.findByText('Permission denied')).toBeInTheDocument();
  });
});

test('a server without an answer on its health can be asked again', async () => {
  serve({ 'GET /v1/health': () => new Refusal(500, { code: 'internal', detail: 'A fault.' }) });
  show(<SettingsPage />);
  expect(await screen.findByText('The state of the server could not be read')).toBeInTheDocument();
});

describe('the policy of the server', () => {
  const policy = { ...POLICY, defaultTtl: 90 * 86400, maxTtl: 0 };

  test('it is changed as far as the server lets, and everything is read again', async () => {
    let current = { ...policy, editable: ['maxTtl'] };
    const seen = serve({
      'GET /v1/policy': () => current,
      'PATCH /v1/policy': () => (current = { ...current, maxTtl: 365 * 86400 }),
    });
    const user = aUser();
    show(<SettingsPage />);
    const max = await screen.findByLabelText(/^Longest lifetime/);
    expect(screen.getByLabelText(/^Lifetime when none/)).toHaveAttribute('readonly');
    expect(screen.getByLabelText(/^Viewer/)).toBeDisabled();
    expect(screen.getByText('What is grey here stands in its configuration file, and is changed there.')).toBeVisible();
    await user.clear(max);
    await user.type(max, '365d');
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    await waitFor(() => expect(seen.find(({ method }) => method === 'PATCH')?.body).toEqual({ maxTtl: '365d' }));
    const after = seen.findIndex(({ method }) => method === 'PATCH');
    await waitFor(() => expect(seen.slice(after).some(({ route }) => route === '/v1/whoami')).toBe(true));
  });

  test('what somebody else changed meanwhile is named once, and what they alone changed stays', async () => {
    let current = { ...policy, editable: ['defaultTtl', 'maxTtl', 'roles'], defaultTtl: 86400, maxTtl: 0 };
    const seen = serve({
      'GET /v1/policy': () => current,
      'PATCH /v1/policy': () => (current = { ...current, defaultTtl: 2 * 86400 }),
    });
    const user = aUser();
    show(<SettingsPage />);
    const usual = await screen.findByLabelText(/^Lifetime when none/);
    await user.clear(usual);
    await user.type(usual, '2d');
    current = { ...current, defaultTtl: 3 * 86400, maxTtl: 9 * 86400 };
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    expect(
      await screen.findByText(/^Somebody else changed it while this form was open: Lifetime when none is chosen\./)
    ).toBeInTheDocument();
    expect(seen.some(({ method }) => method === 'PATCH')).toBe(false);
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    await waitFor(() => expect(seen.find(({ method }) => method === 'PATCH')?.body).toEqual({ defaultTtl: '2d' }));
    await waitFor(() => expect(screen.getByLabelText(/^Longest lifetime/)).toHaveValue('9d'));
    expect(screen.getByText('Saved.')).toBeInTheDocument();
  });

  test('what the server refuses stands at its field', async () => {
    serve({
      'GET /v1/policy': () => ({ ...policy, editable: ['defaultTtl', 'maxTtl', 'roles'] }),
      'PATCH /v1/policy': () =>
        new Refusal(400, {
          code: 'invalid_request',
          detail: 'A field is wrong.',
          errors: [{ field: 'maxTtl', detail: 'is too long' }],
        }),
    });
    const user = aUser();
    show(<SettingsPage />);
    await user.type(await screen.findByLabelText(/^Longest lifetime/), '9d');
    await user.clear(screen.getByLabelText(/^Lifetime when none/));
    await user.type(screen.getByLabelText(/^Lifetime when none/), '1d');
    await user.click(screen.getByRole('button', { name: 'Save policy' }));
    expect(await screen.findByText('is too long')).toBeInTheDocument();
  });
});

describe('notices', () => {
  const aNotice = (change: Partial<Notice> = {}): Notice => ({
    id: 'n1',
    at: '2026-11-28T08:00:00Z',
    event: 'key.ending',
    title: 'edge-agents ends in 7 days',
    text: 'The key edge-agents ends in 7 days. Rotate it.',
    keyId: '4fjK2n0qPz7a',
    keyName: 'edge-agents',
    owner: 'ada@example.com',
    channel: 'email',
    to: 'ada@example.com',
    state: 'failed',
    attempts: 9,
    nextAt: null,
    deliveredAt: null,
    error: 'connection refused',
    ...change,
  });

  test('what did not arrive says why, and is sent again', async () => {
    let notices = [aNotice()];
    const seen = serve({
      'GET /v1/notices': () => ({ notices, nextCursor: '' }),
      'POST /v1/notices/n1/retry': () => (notices = [aNotice({ state: 'delivered', error: '' })])[0],
    });
    show(<SettingsPage />);
    const row = (await screen.findByText('Key ends soon')).closest('tr')!;
    expect(row).toHaveTextContent('connection refused');
    expect(within(row).getByRole('link', { name: 'edge-agents' })).toHaveAttribute('href', '/keys/4fjK2n0qPz7a');
    await aUser().click(within(row).getByRole('button', { name: 'Send again' }));
    expect(await screen.findByText('Arrived')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Send again' })).not.toBeInTheDocument();
    expect(seen.some(({ route }) => route === '/v1/notices/n1/retry')).toBe(true);
  });

  test('what it said is given in the reader’s language', async () => {
    learn(german.server);
    const text = 'The server a cannot write to its key store since 2026-11-28 08:00 UTC: something new';
    const error = 'the receiver answered 502 Bad Gateway';
    serve({ 'GET /v1/notices': () => ({ notices: [aNotice({ text, error })], nextCursor: '' }) });
    show(<SettingsPage />);
    const said = await screen.findByText(/kann seit 2026-11-28 08:00 UTC nicht in seinen Schlüsselspeicher schreiben/);
    expect(said.closest('[lang]')).toBeNull();
    expect(screen.getByText('der Empfänger hat mit 502 Bad Gateway geantwortet')).toBeInTheDocument();
    learn({});
  });

  test('a test says how each channel went', async () => {
    serve({
      'GET /v1/notices': () => ({ notices: [], nextCursor: '' }),
      'POST /v1/notices/test': () => ({
        notices: [
          aNotice({ id: 'a', channel: 'webhook', to: 'hooks.example.com', state: 'delivered', error: '' }),
          aNotice({ id: 'b' }),
        ],
        nextCursor: '',
      }),
    });
    show(<SettingsPage />);
    expect(await screen.findByText(/^Nobody was told anything yet/)).toBeInTheDocument();
    await aUser().click(screen.getByRole('button', { name: 'Send a test' }));
    expect(await screen.findByText('The test did not arrive everywhere')).toBeInTheDocument();
    expect(screen.getByText(/webhook hooks.example.com: Arrived/)).toBeInTheDocument();
    expect(screen.getByText('connection refused')).toBeInTheDocument();
  });

  test('where nothing is configured, the server says what is missing', async () => {
    serve({
      'GET /v1/notices': () => ({ notices: [], nextCursor: '' }),
      'POST /v1/notices/test': () => new Refusal(409, { code: 'conflict', detail: 'No channel is configured.' }),
    });
    show(<SettingsPage />);
    await aUser().click(await screen.findByRole('button', { name: 'Send a test' }));
    expect(await screen.findByText('No channel is configured.')).toBeInTheDocument();
  });
});
