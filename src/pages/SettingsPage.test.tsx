import { screen, waitFor } from '@testing-library/react';
import React from 'react';
import { aUser, Refusal, serve, show } from '../test/backend';
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
