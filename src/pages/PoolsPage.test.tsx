import { screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import type { Pool } from '../api/types';
import { aUser, Refusal, serve, show } from '../test/backend';
import { aKey, VIEWER } from '../test/fixtures';
import { PoolsPage } from './PoolsPage';

const aPool = (change: Partial<Pool> = {}): Pool => ({
  name: 'edge',
  description: 'Alloy at the edge',
  createdAt: '2026-11-01T08:00:00Z',
  createdBy: 'admin',
  keys: { active: 1234, disabled: 1, expired: 0, revoked: 3 },
  ...change,
});
const unused = aPool({ name: 'old', description: '', keys: { active: 0, disabled: 0, expired: 0, revoked: 2 } });
const both = { 'GET /v1/pools': () => ({ pools: [aPool(), unused] }) };

const openMenu = async (name: string, action: string) => {
  const user = aUser();
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(screen.getByRole('menuitem', { name: action }));
  return { user, dialog: await screen.findByRole('dialog') };
};

test('each pool has its keys counted by state, and leads to them', async () => {
  serve(both);
  show(<PoolsPage />);
  const row = (await screen.findByText('edge')).closest('tr')!;
  expect(within(row).getByRole('link', { name: 'edge' })).toHaveAttribute('href', '/keys?pool=edge');
  expect(
    within(row)
      .getAllByRole('cell')
      .slice(1, 5)
      .map((cell) => cell.textContent)
  ).toEqual(['1,234', '1', '0', '3']);
  expect(within(row).getByText('Alloy at the edge')).toBeInTheDocument();
});

test('no pools yet: an invitation', async () => {
  serve({});
  show(<PoolsPage />);
  expect(await screen.findByText('No pools yet')).toBeInTheDocument();
  expect(screen.queryByRole('table')).not.toBeInTheDocument();
});

test('a pool is made; what the server says of its name lands there', async () => {
  let taken = true;
  const seen = serve({
    ...both,
    'POST /v1/pools': () =>
      taken ? new Refusal(409, { code: 'duplicate_name', detail: 'There is one.' }) : aPool({ name: 'ci' }),
  });
  const user = aUser();
  show(<PoolsPage />);
  await user.click(await screen.findByRole('button', { name: 'Create pool' }));
  const dialog = await screen.findByRole('dialog');
  const name = within(dialog).getByLabelText(/^Name/);
  await user.type(name, '-ci{Enter}');
  expect(await within(dialog).findByText(/^Begin with a letter/)).toBeInTheDocument();
  await user.clear(name);
  await user.type(name, 'ci{Enter}');
  expect(await within(dialog).findByText('There is one.')).toBeInTheDocument();
  expect(name).toHaveValue('ci');
  taken = false;
  await user.type(name, '{Enter}');
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(seen.filter(({ method }) => method === 'POST').at(-1)?.body).toEqual({ name: 'ci', description: '' });
});

test('an unused pool is removed without more ado', async () => {
  const seen = serve({ ...both, 'DELETE /v1/pools/*': () => undefined });
  show(<PoolsPage />);
  const { user, dialog } = await openMenu('old', 'Remove');
  expect(within(dialog).queryByRole('textbox')).not.toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Remove pool' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(seen.filter(({ method }) => method === 'DELETE')).toEqual([
    { method: 'DELETE', route: '/v1/pools/old', params: {}, body: undefined },
  ]);
});

test('a pool with keys that can be used goes with them, once its name was typed', async () => {
  const seen = serve({ ...both, 'DELETE /v1/pools/*': () => undefined });
  show(<PoolsPage />);
  const { user, dialog } = await openMenu('edge', 'Remove');
  expect(within(dialog).getByText(/^1,235 of its keys/)).toBeInTheDocument();
  const button = within(dialog).getByRole('button', { name: 'Revoke its keys and remove it' });
  expect(button).toBeDisabled();
  await user.type(within(dialog).getByRole('textbox'), 'edge');
  await user.click(button);
  await waitFor(() => expect(seen.at(-1)?.route).toBe('/v1/pools'));
  expect(seen.find(({ method }) => method === 'DELETE')?.params).toEqual({ force: true });
});

test('all keys of a pool are revoked; a refusal stays in the dialog', async () => {
  let last = true;
  const seen = serve({
    ...both,
    'POST /v1/pools/edge/revoke': () =>
      last ? new Refusal(409, { code: 'last_admin', detail: 'It is the last.' }) : { pool: 'edge', revoked: 1235 },
  });
  show(<PoolsPage />);
  const { user, dialog } = await openMenu('edge', 'Revoke all its keys');
  await user.type(within(dialog).getByRole('textbox'), 'edge{Enter}');
  expect(await within(dialog).findByText('It is the last.')).toBeInTheDocument();
  last = false;
  await user.click(within(dialog).getByRole('button', { name: 'Revoke all keys' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(2);
});

test('all keys of a pool are rotated in steps, taken up again after a fault, and the tokens handed over once', async () => {
  const names = ['alpha', 'beta, "b"'];
  const tokens = names.map((_, i) => `ost_aaaaaaaaaaa${i}_${'s'.repeat(49)}`);
  const issued = (i: number) => ({ key: aKey({ id: `aaaaaaaaaaa${i}`, name: names[i] }), token: tokens[i] });
  let away = true;
  const seen = serve({
    ...both,
    'POST /v1/pools/edge/rotate': ({ body }) => {
      const { cursor } = body as { cursor?: string };
      if (!cursor) {
        return { keys: [issued(0)], nextCursor: 'second' };
      }
      return away
        ? new Refusal(503, { code: 'unavailable', detail: 'Shortly.' })
        : { keys: [issued(1)], nextCursor: '' };
    },
  });
  const files: Blob[] = [];
  Object.assign(URL, {
    createObjectURL: (file: Blob) => (files.push(file), 'blob:'),
    revokeObjectURL: () => undefined,
  });
  const click = jest.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  show(<PoolsPage />);
  const { user, dialog } = await openMenu('edge', 'Rotate all its keys');
  expect(within(dialog).getByText(/^1235 keys get a new token each/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole('radio', { name: '1 hour' }));
  expect(within(dialog).getByText(/^Their other tokens keep working for 1 hour/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Rotate 1235 keys' }));

  // It stops on the way; what is done is there.
  expect(await within(dialog).findByText(/^The rotation stopped on the way/)).toBeInTheDocument();
  expect(within(dialog).getByText(tokens[0])).toBeInTheDocument();
  expect(within(dialog).getByText('1 key has a new token.')).toBeInTheDocument();
  away = false;
  await user.click(within(dialog).getByRole('button', { name: 'Go on' }));
  expect(await within(dialog).findByText('2 keys have a new token.')).toBeInTheDocument();
  expect(within(dialog).queryByRole('button', { name: 'Go on' })).not.toBeInTheDocument();
  const how = { overlap: '3600s', expiresIn: 90 * 86400 };
  expect(seen.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([
    { ...how, cursor: undefined },
    { ...how, cursor: 'second' },
    { ...how, cursor: 'second' },
  ]);

  // Closing asks once, until all tokens were kept.
  await user.click(within(dialog).getByRole('button', { name: 'Done' }));
  expect(within(dialog).getByText('Some of the tokens were neither copied nor saved')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Download as CSV' }));
  expect(click).toHaveBeenCalledTimes(1);
  expect((click.mock.contexts[0] as HTMLAnchorElement).download).toBe('edge-keys.csv');
  const text = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsText(files[0]);
  });
  expect(text).toBe(`name,id,token\nalpha,aaaaaaaaaaa0,${tokens[0]}\n"beta, ""b""",aaaaaaaaaaa1,${tokens[1]}\n`);
  await user.click(within(dialog).getByRole('button', { name: 'Done' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(document.body.innerHTML).not.toContain(tokens[0]);
  click.mockRestore();
});

test('what the server says of the lifetime of rotated keys lands there, and any other refusal above it', async () => {
  let answer = new Refusal(400, {
    code: 'invalid_request',
    errors: [{ field: 'expiresIn', detail: 'It is too long.' }],
  });
  serve({ ...both, 'POST /v1/pools/edge/rotate': () => answer });
  show(<PoolsPage />);
  const { user, dialog } = await openMenu('edge', 'Rotate all its keys');
  await user.click(within(dialog).getByRole('button', { name: 'Rotate 1235 keys' }));
  expect(await within(dialog).findByText('It is too long.')).toBeInTheDocument();
  expect(within(dialog).queryByText('No key was rotated')).not.toBeInTheDocument();
  answer = new Refusal(403, { code: 'forbidden', detail: 'Not you.' });
  await user.click(within(dialog).getByRole('button', { name: 'Rotate 1235 keys' }));
  expect(await within(dialog).findByText('No key was rotated')).toBeInTheDocument();
  expect(within(dialog).getByText('Not you.')).toBeInTheDocument();
});

test('a viewer sees whom to ask', async () => {
  const seen = serve({}, VIEWER);
  show(<PoolsPage />);
  expect(await screen.findByText('Keys are managed by administrators')).toBeInTheDocument();
  expect(seen.map(({ route }) => route)).not.toContain('/v1/pools');
});
