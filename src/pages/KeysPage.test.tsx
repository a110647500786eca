import { getAppEvents } from '@grafana/runtime';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import type { Key } from '../api/types';
import { aUser, Refusal, serve, show } from '../test/backend';
import { ADMIN, aKey, anEndpoint, TOKEN, VIEWER } from '../test/fixtures';
import { KeysPage } from './KeysPage';

const page = (...keys: Array<ReturnType<typeof aKey>>) => ({ keys, nextCursor: '', total: keys.length });
const two = page(aKey(), aKey({ id: 'bbbbbbbbbbbb', name: 'kuma', role: 'Viewer', state: 'revoked', enabled: true }));

test('a row shows what is known of a key, in words', async () => {
  const soon = new Date(Date.now() + 3 * 86400e3 + 60e3).toISOString();
  const key = aKey({ pool: 'edge', expiresAt: soon, lastUsedAt: new Date().toISOString(), lastUsedFrom: '10.0.0.7' });
  serve({ 'GET /v1/keys': () => page(key, two.keys[1]) });
  show(<KeysPage />);
  const row = (await screen.findByText('edge-agents')).closest('tr')!;
  for (const text of ['Agent', 'edge', 'Active', 'in 3 days', 'just now', 'from 10.0.0.7', 'by admin', key.hint]) {
    expect(within(row).getByText(text)).toBeInTheDocument();
  }
  expect(screen.getByRole('link', { name: 'edge-agents' })).toHaveAttribute('href', '/keys/4fjK2n0qPz7a');
  expect(await screen.findByText('1–2 of 2')).toBeInTheDocument();
});

test('search, order and pages are asked of the server', async () => {
  const seen = serve({
    'GET /v1/keys': ({ params }) => ({ ...two, nextCursor: params.cursor ? '' : 'next', total: 52 }),
  });
  const user = aUser();
  show(<KeysPage />, '/?state=active&sort=nonsense');
  await screen.findByText('edge-agents');
  const lists = () => seen.filter(({ params }) => params.sort && params.limit === 50).map(({ params }) => params);
  const counts = () => seen.filter(({ params }) => params.count).map(({ params }) => params);
  expect(lists().at(-1)).toEqual({ state: 'active', sort: 'name', limit: 50 });
  expect(counts()).toEqual([{ state: 'active', limit: 1, count: true }]);

  await user.click(screen.getByRole('button', { name: 'Next' }));
  await waitFor(() => expect(lists().at(-1)).toMatchObject({ cursor: 'next' }));
  expect(await screen.findByText('51–52 of 52')).toBeInTheDocument();
  await waitFor(() => expect(screen.getByRole('button', { name: 'Previous' })).toBeEnabled());

  await user.click(screen.getByRole('button', { name: 'Expires' }));
  await waitFor(() => expect(lists().at(-1)).toEqual({ state: 'active', sort: 'expiresAt', limit: 50 }));
  await user.click(screen.getByRole('button', { name: 'Expires' }));
  await waitFor(() => expect(lists().at(-1)).toMatchObject({ sort: '-expiresAt' }));

  await user.type(screen.getByLabelText('Search keys'), 'kuma');
  await waitFor(() => expect(lists().at(-1)).toMatchObject({ q: 'kuma' }));
  expect(lists().filter(({ q }) => q)).toHaveLength(1); // not one for each letter
  expect(counts()).toHaveLength(2); // and none for another page or order
});

test('no keys yet: an invitation with what there is to do', async () => {
  serve({ 'GET /v1/keys': () => page() });
  show(<KeysPage />);
  expect(await screen.findByText('Let the first one in')).toBeInTheDocument();
  expect(screen.getAllByRole('button').map((button) => button.textContent)).toEqual([
    'Check a token',
    'Create your first key',
    'Import keys',
  ]);
  expect(screen.queryByRole('table')).not.toBeInTheDocument();
});

test('only the key that one signed in with: the invitation, and the key', async () => {
  serve({ 'GET /v1/keys': () => page(aKey()) }, { ...ADMIN, keyId: aKey().id });
  show(<KeysPage />);
  expect(await screen.findByText('Let the first one in')).toBeInTheDocument();
  expect(screen.getByText('edge-agents')).toBeInTheDocument();
});

test('nothing found is not an invitation', async () => {
  serve({ 'GET /v1/keys': () => page() });
  show(<KeysPage />, '/?q=nothing');
  expect(await screen.findByText('No key matches')).toBeInTheDocument();
});

test('a viewer sees what they may do and whom to ask, and nothing is asked of the server in vain', async () => {
  const seen = serve({}, VIEWER);
  show(<KeysPage />);
  expect(await screen.findByText('Keys are managed by administrators')).toBeInTheDocument();
  expect(screen.getByText(/reader with the role Viewer/)).toHaveTextContent('That lets you: read.');
  expect(screen.getByText(/Ask one of its administrators/)).toBeInTheDocument();
  expect(seen.map(({ route }) => route)).not.toContain('/v1/keys');
});

test('a failure is explained, and can be tried again', async () => {
  let broken = true;
  serve({ 'GET /v1/keys': () => (broken ? new Refusal(500, { code: 'internal', detail: 'A fault.' }) : two) });
  show(<KeysPage />);
  expect(await screen.findByText('A fault.')).toBeInTheDocument();
  broken = false;
  await aUser().click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('edge-agents')).toBeInTheDocument();
});

test('what cannot be done to a revoked key is not offered', async () => {
  serve({ 'GET /v1/keys': () => two });
  show(<KeysPage />);
  await aUser().click(await screen.findByRole('button', { name: 'Actions for kuma' }));
  expect(screen.getAllByRole('menuitem').map((item) => item.textContent)).toEqual(['Edit', 'Delete']);
});

test('a key is disabled at once', async () => {
  const seen = serve({ 'GET /v1/keys': () => two, 'PATCH /v1/keys/*': () => aKey({ enabled: false }) });
  show(<KeysPage />);
  await aUser().click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await aUser().click(screen.getByRole('menuitem', { name: 'Disable' }));
  await waitFor(() =>
    expect(seen).toContainEqual({
      method: 'PATCH',
      route: '/v1/keys/4fjK2n0qPz7a',
      params: {},
      body: { enabled: false },
    })
  );
});

test('one is asked before the key is disabled that one is signed in with', async () => {
  const answers = { 'GET /v1/keys': () => two, 'PATCH /v1/keys/*': () => aKey({ enabled: false }) };
  const seen = serve(answers, { ...ADMIN, keyId: aKey().id });
  const user = aUser();
  show(<KeysPage />);
  const changes = () => seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  for (const item of ['Disable', 'Disable for 1 minute']) {
    await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
    await user.click(screen.getByRole('menuitem', { name: item }));
    const dialog = await screen.findByRole('dialog', { name: 'Disable edge-agents' });
    expect(dialog).toHaveTextContent('You are signed in with this key.');
    expect(changes()).toEqual([]);
    await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  }
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(screen.getByRole('menuitem', { name: 'Disable' }));
  await user.click(await screen.findByRole('button', { name: 'Disable and sign out' }));
  await waitFor(() => expect(changes()).toEqual([{ enabled: false }]));
});

describe('creating', () => {
  const open = async (answer: () => unknown) => {
    const endpoints = [
      anEndpoint({ name: 'pyroscope', path: '/pyroscope', require: 'ingest' }),
      anEndpoint({ name: 'status', path: '/status', require: 'none' }),
    ];
    const gate = { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' };
    const seen = serve({
      'GET /v1/keys': () => two,
      'GET /v1/endpoints': () => ({ gate, endpoints }),
      'POST /v1/keys': answer,
    });
    const user = aUser();
    show(<KeysPage />);
    await screen.findByText('edge-agents');
    await user.click(screen.getByRole('button', { name: 'Create key' }));
    const dialog = await screen.findByRole('dialog');
    return { seen, user, dialog, submit: () => user.click(within(dialog).getByRole('button', { name: 'Create key' })) };
  };

  test('sends what was typed, with the lists taken apart', async () => {
    const { seen, user, dialog, submit } = await open(() => ({ key: aKey({ name: 'new' }), token: TOKEN }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await user.click(within(dialog).getByRole('radio', { name: /^Viewer/ }));
    await user.type(within(dialog).getByLabelText(/^Owner/), 'sre@example.com');
    await user.type(within(dialog).getByLabelText(/^Labels/), 'team=sre,env=prod{Enter}');
    await user.type(within(dialog).getByLabelText(/^Endpoints/), 'kuma, pyroscope');
    await user.type(within(dialog).getByLabelText(/^Allowed addresses/), '10.0.0.0/8 ,2001:db8::/32');
    await user.type(within(dialog).getByLabelText(/^Tenants/), 'team-a team-b');
    await user.type(within(dialog).getByLabelText('Requests per second'), '50');
    await user.type(within(dialog).getByLabelText('Burst'), '100');
    await user.type(within(dialog).getByLabelText('Bytes per second'), '5 MB');
    await user.click(within(dialog).getByRole('radio', { name: 'Seconds' }));
    await user.type(within(dialog).getByLabelText('Number of seconds'), '3600');
    await submit();
    expect(await screen.findByTestId('token')).toHaveTextContent(TOKEN);
    expect(seen.find(({ method }) => method === 'POST')?.body).toEqual({
      name: 'new',
      description: '',
      owner: 'sre@example.com',
      labels: { team: 'sre', env: 'prod' },
      role: 'Viewer',
      pool: '',
      endpoints: ['kuma', 'pyroscope'],
      allowedCidrs: ['10.0.0.0/8', '2001:db8::/32'],
      tenants: ['team-a', 'team-b'],
      limits: {
        requestsPerSecond: 50,
        burst: 100,
        concurrent: 0,
        requestsPerDay: 0,
        bytesPerSecond: 5_000_000,
        bytesPerDay: 0,
      },
      expiresIn: 3600,
    });
  });

  test('endpoints are chosen among those of the gate, and others can be named', async () => {
    const { seen, user, dialog, submit } = await open(() => ({ key: aKey(), token: TOKEN }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    const field = within(dialog).getByLabelText(/^Endpoints/);
    // Without a layout the list draws nothing, but the keyboard goes through it.
    await user.click(field);
    await user.keyboard('{ArrowDown}{Enter}');
    expect(await within(dialog).findByText('pyroscope')).toBeInTheDocument();
    await user.type(field, 'planned, pyroscope, other');
    await user.click(within(dialog).getByLabelText(/^Allowed addresses/));
    await submit();
    await screen.findByTestId('token');
    expect(seen.find(({ method }) => method === 'POST')?.body).toMatchObject({
      endpoints: ['pyroscope', 'planned', 'other'],
    });
  });

  test.each([
    ['they come', { name: 'loki' }, ['loki']],
    ['they cannot be read', new Refusal(500, { code: 'internal', detail: 'Broken.' }), []],
  ])('a form that is sent before the endpoints are known waits until %s', async (_, come, expected) => {
    let answer: (list: unknown) => void = () => undefined;
    const seen = serve({
      'GET /v1/keys': () => two,
      'GET /v1/endpoints': () => new Promise((resolve) => (answer = resolve)),
      'POST /v1/keys': () => ({ key: aKey({ name: 'new' }), token: TOKEN }),
    });
    const user = aUser();
    show(<KeysPage />);
    await screen.findByText('edge-agents');
    await user.click(screen.getByRole('button', { name: 'Create key' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Alloy' }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new{Enter}');
    expect(within(dialog).getByRole('button', { name: 'Create key' })).toBeDisabled();
    expect(seen.filter(({ method }) => method === 'POST')).toEqual([]);
    const gate = { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' };
    const loki = anEndpoint({ name: 'loki', path: '/loki', kind: 'loki', require: '', takes: ['ingest', 'read'] });
    await act(async () => answer(come instanceof Refusal ? come : { gate, endpoints: [loki] }));
    await screen.findByTestId('token');
    expect(seen.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([
      expect.objectContaining({ name: 'new', endpoints: expected }),
    ]);
  });

  test('what a key began as is the use of its token that is shown first', async () => {
    const gate = { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' };
    const loki = anEndpoint({ name: 'loki', path: '/loki', kind: 'loki', require: '', takes: ['ingest', 'read'] });
    const user = aUser();
    serve({
      'GET /v1/keys': () => two,
      'GET /v1/endpoints': () => ({ gate, endpoints: [loki] }),
      'POST /v1/keys': () => ({ key: aKey({ name: 'new', endpoints: ['loki'] }), token: TOKEN }),
    });
    show(<KeysPage />);
    await user.click(await screen.findByRole('button', { name: 'Create key' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(await within(dialog).findByRole('button', { name: 'Alloy' }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new{Enter}');
    expect(await screen.findByRole('tab', { name: 'Alloy' })).toHaveAttribute('aria-selected', 'true');
  });

  test('any tenant is a choice of its own, with a warning, and can be taken back', async () => {
    const { seen, user, dialog, submit } = await open(() => ({ key: aKey(), token: TOKEN }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await user.type(within(dialog).getByLabelText(/^Tenants/), 'team-a{Enter}');
    const any = within(dialog).getByRole('switch', { name: 'Any tenant' });
    await user.click(any);
    expect(within(dialog).getByText('It can act for every tenant')).toBeInTheDocument();
    await user.click(any);
    expect(within(dialog).queryByText('It can act for every tenant')).not.toBeInTheDocument();
    expect(within(dialog).getByText('team-a')).toBeInTheDocument();
    await user.click(any);
    await submit();
    await screen.findByTestId('token');
    expect(seen.find(({ method }) => method === 'POST')?.body).toMatchObject({ tenants: ['*'] });
  });

  test('the token leaves the page with its dialog, and closing asks once when nothing was copied', async () => {
    const { user, dialog, submit } = await open(() => ({ key: aKey(), token: TOKEN }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await submit();
    await screen.findByTestId('token');
    await user.click(screen.getByRole('button', { name: 'Done' }));
    expect(screen.getByText('Nothing was copied yet')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Close without copying' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(document.body.innerHTML).not.toContain(TOKEN);
  });

  test('copying is enough to close', async () => {
    const { user, dialog, submit } = await open(() => ({ key: aKey(), token: TOKEN }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await submit();
    // What is used where the page is not secure, as in this environment.
    Object.assign(document, { execCommand: () => true });
    await user.click(await screen.findByRole('button', { name: 'Copy token' }));
    await screen.findByText('Copied');
    await user.click(screen.getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  });

  test('each remark of the server lands on its field, and what was typed stays', async () => {
    const errors = [
      { field: 'allowedCidrs', detail: '"0.0.0.0/0" is too wide' },
      { field: 'expiresIn', detail: 'is longer than the policy allows' },
      { field: 'labels.team', detail: 'has 70 characters' },
      { field: 'tenants[1]', detail: '".." is reserved' },
      { field: 'limits.burst', detail: 'is above 1000000000' },
    ];
    const { user, dialog, submit } = await open(() => new Refusal(400, { code: 'invalid_request', errors }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await user.type(within(dialog).getByLabelText(/^Allowed addresses/), '0.0.0.0/0');
    await submit();
    expect(await within(dialog).findByText('"0.0.0.0/0" is too wide')).toBeInTheDocument();
    expect(within(dialog).getByText('It is longer than the policy allows')).toBeInTheDocument();
    expect(within(dialog).getByText('Team has 70 characters')).toBeInTheDocument();
    expect(within(dialog).getByLabelText(/^Labels/)).toBeInvalid();
    expect(within(dialog).getByText('".." is reserved')).toBeInTheDocument();
    expect(within(dialog).getByLabelText(/^Tenants/)).toBeInvalid();
    expect(within(dialog).getByText('It is above 1000000000')).toBeInTheDocument();
    expect(within(dialog).getByLabelText('Burst')).toBeInvalid();
    expect(within(dialog).queryByText('The key was not saved')).not.toBeInTheDocument();
    expect(within(dialog).getByLabelText(/^Allowed addresses/)).toHaveValue('0.0.0.0/0');
    expect(within(dialog).getByLabelText(/^Allowed addresses/)).toBeInvalid();
  });

  test('all mistakes that the page can see are shown together, and nothing is sent', async () => {
    const { seen, user, dialog, submit } = await open(() => undefined);
    await user.click(within(dialog).getByRole('radio', { name: 'Seconds' }));
    await user.type(within(dialog).getByLabelText('Number of seconds'), 'soon');
    await user.type(within(dialog).getByLabelText(/^Endpoints/), 'kuma, /metrics');
    await user.type(within(dialog).getByLabelText(/^Allowed addresses/), '10.0.0.0/8, 10.0.0.256, ::1/129');
    await user.type(within(dialog).getByLabelText(/^Labels/), 'team');
    await user.type(within(dialog).getByLabelText(/^Tenants/), 'team/a');
    await user.type(within(dialog).getByLabelText('Bytes per day'), 'much');
    await submit();
    for (const text of [
      'Give the key a name.',
      'Enter a whole number of seconds, such as 3600.',
      '“/metrics” is no name of an endpoint, such as pyroscope.',
      '“10.0.0.256” is no address and no block, such as 10.0.0.0/8.',
      'Write “team” with a value, such as team=sre.',
      '“team/a” is no name of a tenant, such as team-a.',
      'Write a number with a unit, such as 5 MB.',
    ]) {
      expect(await within(dialog).findByText(text)).toBeInTheDocument();
    }
    expect(seen.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('a taken name is said at the name', async () => {
    const { user, dialog, submit } = await open(
      () => new Refusal(409, { code: 'duplicate_name', detail: 'It is taken.' })
    );
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await submit();
    expect(await within(dialog).findByText('It is taken.')).toBeInTheDocument();
    expect(within(dialog).getByLabelText(/^Name/)).toBeInvalid();
  });

  test('any other failure is said above the form', async () => {
    const { user, dialog, submit } = await open(() => new Refusal(403, { code: 'forbidden', detail: 'Not you.' }));
    await user.type(within(dialog).getByLabelText(/^Name/), 'new');
    await submit();
    expect(await within(dialog).findByText('The key was not saved')).toBeInTheDocument();
    expect(within(dialog).getByText('Not you.')).toBeInTheDocument();
  });
});

test('revoking takes the name, letter by letter', async () => {
  const seen = serve({
    'GET /v1/keys': () => two,
    'POST /v1/keys/4fjK2n0qPz7a/revoke': () => aKey({ state: 'revoked' }),
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(screen.getByRole('menuitem', { name: 'Revoke' }));
  const button = await screen.findByRole('button', { name: 'Revoke key' });
  expect(screen.getByText('It was never used.')).toBeInTheDocument();
  const name = screen.getByLabelText('Type the name, edge-agents, to confirm');
  await user.type(name, 'Edge-agents{Enter}');
  expect(button).toBeDisabled();
  await user.clear(name);
  await user.type(name, 'edge-agents{Enter}');
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('a rotation that would shorten the life of a key says so', async () => {
  serve({ 'GET /v1/keys': () => page(aKey({ expiresAt: new Date(Date.now() + 300 * 86_400_000).toISOString() })) });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Rotate' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByText('The key would end sooner than it does now')).toBeInTheDocument();
  await user.click(dialog.getByRole('radio', { name: 'Never' }));
  expect(dialog.queryByText('The key would end sooner than it does now')).not.toBeInTheDocument();
});

test('the keys of one pool', async () => {
  const seen = serve({
    'GET /v1/keys': () => two,
    'GET /v1/pools': () => ({ pools: [{ name: 'edge', description: '', keys: {} }] }),
  });
  show(<KeysPage />, '/?pool=edge');
  await screen.findByText('edge-agents');
  await aUser().click(screen.getByRole('button', { name: 'More filters' }));
  expect(screen.getByRole('combobox', { name: 'Pool' })).toHaveValue('edge');
  expect(seen.find(({ route }) => route === '/v1/keys')?.params).toMatchObject({ pool: 'edge' });
});

test('several are changed at once; those that failed are named and stay selected', async () => {
  const seen = serve({
    'GET /v1/keys': () => two,
    'DELETE /v1/keys/*': ({ route }) =>
      route.endsWith('bbbbbbbbbbbb') ? new Refusal(409, { code: 'last_admin', detail: 'It is the last.' }) : undefined,
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByLabelText('Select all keys on this page'));
  expect(screen.getByText('2 keys selected')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete 2 keys' });
  const confirm = within(dialog).getByRole('button', { name: 'Delete' });
  expect(confirm).toBeDisabled();
  await user.type(within(dialog).getByRole('textbox'), '2');
  await user.click(confirm);
  expect(await within(dialog).findByText('1 of 2 keys changed.')).toBeInTheDocument();
  expect(within(dialog).getByText('kuma').closest('li')).toHaveTextContent('kuma: It is the last.');
  await user.click(within(dialog).getAllByRole('button', { name: 'Close' }).at(-1)!);
  expect(await screen.findByText('1 key selected')).toBeInTheDocument();
  expect(seen.filter(({ method }) => method === 'DELETE')).toHaveLength(2);
});

test('search, filters and address always say the same', async () => {
  const seen = serve({ 'GET /v1/keys': () => two });
  const user = aUser();
  show(<KeysPage />, '/?q=kuma&owner=ada&label=team%3Dsre&label=env&tenant=team-a&unused=45d&expires=7d&role=Agent');
  await screen.findByText('edge-agents');
  const last = () => seen.filter(({ route, params }) => route === '/v1/keys' && params.limit === 50).at(-1)?.params;
  expect(last()).toMatchObject({
    q: 'kuma',
    role: 'Agent',
    owner: 'ada',
    label: ['team=sre', 'env'],
    tenant: 'team-a',
    unused: '45d',
    expires: '7d',
  });
  const search = screen.getByLabelText('Search keys');
  expect(search).toHaveValue('kuma role:agent owner:ada label:team=sre label:env tenant:team-a unused:45d expires:7d');
  expect(screen.getByRole('combobox', { name: 'Role' })).toHaveValue('Agent');
  await user.click(screen.getByRole('button', { name: 'Clear filters' }));
  await waitFor(() => expect(Object.keys(last() ?? {}).sort()).toEqual(['limit', 'sort']));
  expect(search).toHaveValue('');

  await user.click(screen.getByRole('button', { name: 'More filters' }));
  await user.type(screen.getByRole('combobox', { name: 'Owner' }), 'Grace Hopper{Enter}');
  await waitFor(() => expect(last()).toMatchObject({ owner: 'Grace Hopper' }));
  expect(search).toHaveValue('owner:"Grace Hopper"');
  await user.type(search, 'state:revoked');
  await waitFor(() => expect(last()).toMatchObject({ owner: 'Grace Hopper', state: 'revoked' }));
  expect(screen.getByRole('combobox', { name: 'State' })).toHaveValue('Revoked');
});

test('what was typed just before the search is cleared does not come back', async () => {
  const seen = serve({ 'GET /v1/keys': () => two });
  const user = aUser();
  show(<KeysPage />);
  await screen.findByText('edge-agents');
  const search = screen.getByLabelText('Search keys');
  fireEvent.change(search, { target: { value: 'kuma' } });
  await user.click(screen.getByRole('button', { name: 'Clear filters' }));
  await act(() => new Promise((resolve) => setTimeout(resolve, 300)));
  expect(search).toHaveValue('');
  expect(seen.some(({ params }) => params.q)).toBe(false);
});

test('a search that cannot be is explained, and its values are suggested', async () => {
  const seen = serve({ 'GET /v1/keys': () => two });
  const user = aUser();
  show(<KeysPage />);
  await screen.findByText('edge-agents');
  const search = screen.getByLabelText('Search keys');
  await user.type(search, 'role:agnet');
  expect(await screen.findByText('“agnet” is none of admin, editor, viewer, agent.')).toBeInTheDocument();
  expect(search).toBeInvalid();
  await user.clear(search);
  await user.type(search, 'ro');
  await user.keyboard('{ArrowDown}{Enter}');
  expect(search).toHaveValue('role:');
  await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
  expect(search).toHaveValue('role:editor ');
  await waitFor(() => expect(seen.filter(({ params }) => params.role === 'Editor')).not.toEqual([]));
});

test('nothing is selected of a list that a mistake in the search made wider than it was meant', async () => {
  const seen = serve({ 'GET /v1/keys': () => ({ ...two, total: 52 }) });
  const user = aUser();
  show(<KeysPage />);
  await screen.findByText('edge-agents');
  const search = screen.getByLabelText('Search keys');
  const all = screen.getByRole('checkbox', { name: 'Select all keys on this page' });
  await user.type(search, 'kuma state:expird');
  expect(await screen.findByText(/“expird” is none of/)).toBeInTheDocument();
  expect(all).toBeDisabled();
  expect(screen.getByRole('checkbox', { name: 'Select edge-agents' })).toBeDisabled();
  await user.keyboard('{Enter}');
  expect(seen.filter(({ params }) => params.q === 'kuma')).toEqual([]); // the list stays as it was
  await user.keyboard('{Backspace}{Backspace}red');
  await waitFor(() => expect(seen.filter(({ params }) => params.state === 'expired')).not.toEqual([]));
  expect(all).toBeEnabled();
  // What is selected says what was searched for.
  await user.click(all);
  expect(screen.getByText('Search: kuma state:expired')).toBeInTheDocument();
});

test('what an address says wrongly lets no more through', async () => {
  const seen = serve({ 'GET /v1/keys': () => two });
  show(<KeysPage />, '/?state=expird&role=agent&q=kuma');
  await screen.findByText('edge-agents');
  expect(seen.every(({ params }) => params.q === 'kuma state:"expird" role:"agent"' || params.sort === undefined)).toBe(
    true
  );
  expect(screen.getByLabelText('Search keys')).toHaveValue('kuma state:"expird" role:"agent"');
  expect(screen.getByText(/“expird” is none of/)).toBeInTheDocument();
  expect(screen.getByRole('checkbox', { name: 'Select all keys on this page' })).toBeDisabled();
});

test('a view is saved under a name, chosen again, and forgotten', async () => {
  serve({ 'GET /v1/keys': () => two });
  const user = aUser();
  show(<KeysPage />, '/?owner=ada');
  await screen.findByText('edge-agents');
  const menu = (name: string) => screen.getByRole('button', { name });
  await user.click(menu('Views'));
  await user.click(await screen.findByRole('menuitem', { name: 'Save this view' }));
  await user.type(await screen.findByLabelText(/^Name/), 'Of Ada{Enter}');
  await user.click(await screen.findByRole('button', { name: 'Of Ada' }));
  await user.click(await screen.findByRole('menuitem', { name: /^Disabled/ }));
  const search = screen.getByLabelText('Search keys');
  await waitFor(() => expect(search).toHaveValue('state:disabled'));
  await user.click(menu('Views'));
  await user.click(await screen.findByRole('menuitem', { name: /^Of Ada/ }));
  await waitFor(() => expect(search).toHaveValue('owner:ada'));
  await user.click(menu('Of Ada'));
  await user.click(await screen.findByRole('menuitem', { name: 'Forget “Of Ada”' }));
  expect(await screen.findByRole('button', { name: 'Views' })).toBeInTheDocument();
  localStorage.clear();
});

test('the long name of a view is cut, and whole in its title', async () => {
  serve({ 'GET /v1/keys': () => two });
  const user = aUser();
  show(<KeysPage />, '/?owner=ada');
  await screen.findByText('edge-agents');
  const name = 'What Ada and her people in the northern halls look after';
  await user.click(screen.getByRole('button', { name: 'Views' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Save this view' }));
  fireEvent.change(await screen.findByLabelText(/^Name/), { target: { value: name } });
  await user.click(screen.getByRole('button', { name: 'Save view' }));
  await screen.findByRole('button', { name });
  expect(screen.getByTitle(name)).toBeInTheDocument();
  localStorage.clear();
});

test('columns are chosen, kept by the browser, and part of a view', async () => {
  serve({ 'GET /v1/keys': () => page(aKey({ tenants: ['team-a'] })) });
  const user = aUser();
  const { unmount } = show(<KeysPage />);
  await screen.findByText('edge-agents');
  expect(screen.queryByRole('columnheader', { name: 'Tenants' })).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Columns' }));
  await user.click(await screen.findByRole('checkbox', { name: 'Tenants' }));
  expect(await screen.findByRole('columnheader', { name: 'Tenants' })).toBeInTheDocument();
  expect(screen.getByRole('cell', { name: 'team-a' })).toBeInTheDocument();
  unmount();
  show(<KeysPage />);
  expect(await screen.findByRole('columnheader', { name: 'Tenants' })).toBeInTheDocument();
  localStorage.clear();
});

test('a form sends and takes back only what was changed in it: others may have changed the rest meanwhile', async () => {
  const before = aKey({ pool: 'edge', expiresAt: '2027-03-01T00:00:00Z' });
  let now = { ...before, allowedCidrs: ['10.0.0.0/8'], owner: 'sre' };
  const seen = serve({
    'GET /v1/keys': () => page(before),
    'GET /v1/keys/*': () => now,
    'PATCH /v1/keys/*': ({ body }) => (now = { ...now, ...(body as object) }),
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(screen.getByRole('menuitem', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('radio', { name: /^Viewer/ }));
  await user.clear(within(dialog).getByLabelText(/^Pool/));
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await user.click(await screen.findByRole('button', { name: 'Undo' }));
  const sent = () => seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[0]).toEqual({ role: 'Viewer', pool: '' });
  expect(sent()[1]).toEqual({ role: 'Agent', pool: 'edge' });
});

test('what somebody else changed since is not taken back, and is named', async () => {
  const before = aKey({ pool: 'edge', allowedCidrs: [] });
  let now = before;
  const seen = serve({
    'GET /v1/keys': () => page(now),
    'GET /v1/keys/*': () => now,
    'PATCH /v1/keys/*': ({ body }) => (now = { ...now, ...(body as object) }),
  });
  const publish = jest.spyOn(getAppEvents(), 'publish');
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(screen.getByRole('menuitem', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog');
  await user.clear(within(dialog).getByLabelText(/^Pool/));
  await user.type(within(dialog).getByLabelText(/^Allowed addresses/), '10.0.0.0/8');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  const undo = await screen.findByRole('button', { name: 'Undo' });
  now = { ...now, allowedCidrs: ['10.1.0.0/16'] };
  await user.click(undo);
  await waitFor(() =>
    expect(publish).toHaveBeenCalledWith(
      expect.objectContaining({
        payload: ['“edge-agents” was changed by somebody else since; this stays as it is now: addresses'],
      })
    )
  );
  const sent = seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  expect(sent).toEqual([{ pool: '', allowedCidrs: ['10.0.0.0/8'] }, { pool: 'edge' }]);
});

test('a life that somebody else shortened since is not made longer by taking back', async () => {
  const before = aKey({ expiresAt: '2027-03-01T00:00:00Z' });
  let now = before;
  const seen = serve({
    'GET /v1/keys': () => page(now),
    'GET /v1/keys/*': () => now,
    'PATCH /v1/keys/*': () => (now = { ...now, expiresAt: '2027-06-01T00:00:00Z' }),
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByLabelText('Select edge-agents'));
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Extend' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Extend' }));
  await within(dialog).findByText('1 of 1 keys changed.');
  now = { ...now, expiresAt: '2027-01-15T00:00:00Z' };
  await user.click(within(dialog).getByRole('button', { name: 'Undo' }));
  await within(dialog).findByText('Taken back for 1 of 1 keys.');
  expect(seen.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
});

test('a form takes back the labels that it changed, and no others', async () => {
  const before = aKey({ labels: { team: 'old', env: 'prod' } });
  const seen = serve({
    'GET /v1/keys': () => page(before),
    'GET /v1/keys/*': () => ({ ...before, labels: { env: 'prod', site: 'hall' } }),
    'PATCH /v1/keys/*': () => before,
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(screen.getByRole('menuitem', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: /team=old/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await user.click(await screen.findByRole('button', { name: 'Undo' }));
  const sent = () => seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(sent()[1]).toEqual({ labels: { team: 'old', env: 'prod', site: 'hall' } });
});

test('a form that changes labels leaves those that others changed meanwhile, and so does taking it back', async () => {
  const before = aKey({ labels: { team: 'old', env: 'prod' } });
  let now: Record<string, string> = { team: 'theirs', env: 'prod', site: 'hall' };
  serve({
    'GET /v1/keys': () => page(before),
    'GET /v1/keys/*': () => ({ ...before, labels: now }),
    'PATCH /v1/keys/*': ({ body }) => {
      now = (body as Key).labels;
      return { ...before, labels: now };
    },
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await user.click(screen.getByRole('menuitem', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: /env=prod/ }));
  await user.type(within(dialog).getByLabelText('Labels'), 'stage=test,');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await screen.findByRole('button', { name: 'Undo' });
  expect(now).toEqual({ team: 'theirs', site: 'hall', stage: 'test' });
  now = { ...now, shift: 'late' };
  await user.click(screen.getByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(now).toEqual({ team: 'theirs', env: 'prod', site: 'hall', shift: 'late' }));
});

test('a dialog is not left in silence while what was sent is under way', async () => {
  let answer: (key: unknown) => void = () => undefined;
  serve({
    'GET /v1/keys': () => page(aKey()),
    'POST /v1/keys': () => new Promise((resolve) => (answer = resolve)),
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Create key' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText(/^Name/), 'slow');
  await user.click(within(dialog).getByRole('button', { name: 'Create key' }));
  await user.keyboard('{Escape}');
  expect(await within(dialog).findByText('The server has not answered yet')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Wait' }));
  await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  expect(await within(dialog).findByText(/may be done all the same/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Leave' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  // The only copy of a token is in the answer, so it is shown whenever it comes.
  answer({ key: aKey({ name: 'slow' }), token: TOKEN });
  expect(await screen.findByRole('dialog', { name: 'Key created' })).toBeInTheDocument();
});

test('a template that no endpoint is for chooses none, and says so', async () => {
  const seen = serve({
    'GET /v1/keys': () => page(aKey()),
    'GET /v1/endpoints': () => ({ gate: { url: '', anyAddress: false, certificate: '' }, endpoints: [anEndpoint()] }),
  });
  const user = aUser();
  show(<KeysPage />);
  await user.click(await screen.findByRole('button', { name: 'Create key' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(await within(dialog).findByRole('button', { name: 'Prometheus scrape' }));
  await user.type(within(dialog).getByLabelText(/^Name/), 'scraper');
  expect(await within(dialog).findByText(/^No endpoint here is for “Prometheus scrape”/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Create key' }));
  expect(seen.some(({ method }) => method === 'POST')).toBe(false);
});

test('all that match are changed, also those on other pages, and it can be undone', async () => {
  const all = Array.from({ length: 3 }, (_, i) =>
    aKey({ id: `${i}`.repeat(12), name: `key-${i}`, labels: { team: 'old' }, owner: `owner-${i}` })
  );
  const seen = serve({
    'GET /v1/keys': ({ params }) =>
      params.count
        ? { keys: [], nextCursor: '', total: 3 }
        : params.limit === 500
          ? { keys: params.cursor ? all.slice(2) : all.slice(0, 2), nextCursor: params.cursor ? '' : 'next' }
          : { keys: all.slice(0, 2), nextCursor: 'more' },
    'PATCH /v1/keys/*': () => all[0],
    'GET /v1/keys/*': ({ route }) => ({ ...all.find(({ id }) => route.endsWith(id)), owner: 'sre' }),
  });
  const user = aUser();
  show(<KeysPage />, '/?label=team%3Dold');
  await user.click(await screen.findByLabelText('Select all keys on this page'));
  await user.click(await screen.findByRole('button', { name: 'Select all 3' }));
  expect(screen.getByText('All 3 keys that match are selected')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Set the owner' }));
  const dialog = await screen.findByRole('dialog', { name: 'Set the owner of 3 keys' });
  await user.type(within(dialog).getByLabelText('Owner'), 'sre');
  await user.click(within(dialog).getByRole('button', { name: 'Set' }));
  expect(await within(dialog).findByText('3 of 3 keys changed.')).toBeInTheDocument();
  const sent = () => seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  expect(sent()).toEqual([{ owner: 'sre' }, { owner: 'sre' }, { owner: 'sre' }]);
  await user.click(within(dialog).getByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(sent()).toHaveLength(6));
  expect(sent().slice(3)).toEqual([{ owner: 'owner-0' }, { owner: 'owner-1' }, { owner: 'owner-2' }]);
  expect(within(dialog).queryByRole('button', { name: 'Undo' })).not.toBeInTheDocument();
  expect(await within(dialog).findByText('Taken back for 3 of 3 keys.')).toBeInTheDocument();
  expect(screen.getByRole('dialog', { name: 'Undo' })).toBe(dialog);
});

test.each([
  ['Move to a pool', 'Move 1 key', 'Pool', 'hall-7', 'Move', { pool: 'hall-7' }, { pool: 'edge' }],
  ['Extend', 'Extend 1 key', '', '', 'Extend', { expiresIn: 90 * 86400 }, { expiresAt: '2027-03-01T00:00:00Z' }],
])('%s: many at once, and back again', async (item, title, label, value, button, change, back) => {
  const key = aKey({ pool: 'edge', expiresAt: '2027-03-01T00:00:00Z' });
  const seen = serve({
    'GET /v1/keys': () => page(key),
    'GET /v1/keys/*': () => ({ ...key, ...change }),
    'PATCH /v1/keys/*': () => ({ ...key, ...change }),
  });
  const user = aUser();
  show(<KeysPage />, '/?owner=ada');
  await user.click(await screen.findByLabelText('Select all keys on this page'));
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: item }));
  const dialog = await screen.findByRole('dialog', { name: title });
  if (label) {
    await user.type(within(dialog).getByLabelText(label), value);
  }
  await user.click(within(dialog).getByRole('button', { name: button }));
  await within(dialog).findByText('1 of 1 keys changed.');
  await user.click(within(dialog).getByRole('button', { name: 'Undo' }));
  const sent = () => seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  await waitFor(() => expect(sent()).toEqual([change, back]));
});

test.each([
  ['Add a label', 'Label, as name=value', 'team=new', 'Add', { team: 'new', env: 'prod' }],
  ['Remove a label', 'Name of the label', 'env', 'Remove', { team: 'old' }],
  ['Add a label', 'Label, as name=value', 'team=new, wave=1 2', 'Add', { team: 'new', env: 'prod', wave: '1 2' }],
  ['Remove a label', 'Name of the label', 'env, team', 'Remove', {}],
])('%s: the others stay, also those that others changed meanwhile', async (item, label, value, button, labels) => {
  const key = aKey({ labels: { team: 'old', env: 'prod' } });
  let now: Record<string, string> = { ...key.labels, site: 'hall' };
  const seen = serve({
    'GET /v1/keys': () => ({ keys: [key], nextCursor: '' }),
    'GET /v1/keys/*': () => ({ ...key, labels: now }),
    'PATCH /v1/keys/*': ({ body }) => {
      now = (body as Key).labels;
      return { ...key, labels: now };
    },
  });
  const user = aUser();
  show(<KeysPage />, '/?owner=ada');
  await user.click(await screen.findByLabelText('Select all keys on this page'));
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: item }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: button }));
  expect(within(dialog).getByText('Name a label.')).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText(label), value);
  await user.click(within(dialog).getByRole('button', { name: button }));
  await within(dialog).findByText('1 of 1 keys changed.');
  expect(now).toEqual({ ...labels, site: 'hall' });
  now = { ...labels, site: 'yard' };
  await user.click(within(dialog).getByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(seen.filter(({ method }) => method === 'PATCH')).toHaveLength(2));
  expect(now).toEqual({ ...key.labels, site: 'yard' });
});

test('a key is disabled for a minute, says until when, and comes back by itself', async () => {
  let until: string | null = null;
  const seen = serve({
    'GET /v1/keys': () => ({
      keys: [aKey(until ? { state: 'disabled', enabled: false, disabledUntil: until } : {})],
      nextCursor: '',
    }),
    'PATCH /v1/keys/*': () => {
      until = new Date(Date.now() + 1500).toISOString();
      return aKey();
    },
  });
  show(<KeysPage />);
  await aUser().click(await screen.findByRole('button', { name: 'Actions for edge-agents' }));
  await aUser().click(screen.getByRole('menuitem', { name: 'Disable for 1 minute' }));
  expect(await screen.findByText(/^until \d\d:\d\d:\d\d$/)).toBeInTheDocument();
  expect(seen.find(({ method }) => method === 'PATCH')?.body).toEqual({ enabled: false, disabledFor: '60s' });
  until = null; // from now on the server says that it is active again
  await waitFor(() => expect(screen.queryByText(/^until/)).not.toBeInTheDocument());
  expect(screen.getByText('Active')).toBeInTheDocument();
});

describe('checking a token', () => {
  const check = async (answer: () => unknown) => {
    const seen = serve({ 'GET /v1/keys': () => two, 'POST /v1/verify': answer });
    const user = aUser();
    show(<KeysPage />);
    await user.click(await screen.findByRole('button', { name: 'Check a token' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByRole('button', { name: 'Check' })).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Token'), ` ${TOKEN} {Enter}`);
    return { seen, user, dialog };
  };

  test('one that is let in: whose it is, with the way to its key', async () => {
    const { seen, user, dialog } = await check(() => ({ valid: true, code: 'valid', key: aKey() }));
    expect(await within(dialog).findByText('It would be let in: “edge-agents”, Agent.')).toBeInTheDocument();
    expect(within(dialog).getByRole('link', { name: 'Show the key' })).toHaveAttribute('href', '/keys/4fjK2n0qPz7a');
    expect(seen.find(({ route }) => route === '/v1/verify')?.body).toEqual({
      token: TOKEN,
      permission: '',
      endpoint: '',
      dryRun: true,
    });
    // What was said is of that token alone.
    await user.type(within(dialog).getByLabelText('Token'), 'x');
    expect(within(dialog).queryByText(/^It would be let in/)).not.toBeInTheDocument();
  });

  test.each([
    ['expired', 'It has expired. Rotate its key.'],
    ['disabled', 'Its key is disabled. Enable it.'],
    ['invalid_token', /^No key has this token/],
    ['rate_limited', 'From the server.'],
  ])('one that is refused, for %s: why', async (code, words) => {
    const { dialog } = await check(() => ({ valid: false, code, reason: 'From the server.' }));
    expect(await within(dialog).findByText('It would be refused.')).toBeInTheDocument();
    expect(within(dialog).getByText(words)).toBeInTheDocument();
    expect(within(dialog).getByText('From the server.')).toBeInTheDocument();
  });

  test('a failure is shown, and the token is kept nowhere', async () => {
    const { seen, user, dialog } = await check(() => new Refusal(500, { code: 'internal', detail: 'A fault.' }));
    expect(await within(dialog).findByText('The token was not checked')).toBeInTheDocument();
    expect(within(dialog).getByText('A fault.')).toBeInTheDocument();
    await user.click(within(dialog).getAllByRole('button', { name: 'Close' }).at(-1)!);
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain(TOKEN);
    expect(JSON.stringify(seen.map(({ route, params }) => [route, params]))).not.toContain(TOKEN);
    await user.click(screen.getByRole('button', { name: 'Check a token' }));
    expect(await screen.findByLabelText('Token')).toHaveValue('');
  });
});
