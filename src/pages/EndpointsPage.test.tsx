import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import type { EndpointList } from '../api/types';
import { aUser, Refusal, serve, show } from '../test/backend';
import { aKey, anEndpoint, someStats } from '../test/fixtures';
import { EndpointsPage } from './EndpointsPage';

const GATE = { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' };
const list = (change: Partial<EndpointList> = {}): EndpointList => ({
  gate: GATE,
  endpoints: [anEndpoint()],
  inStore: true,
  upstreams: ['127.0.0.1'],
  kinds: ['loki', 'mimir'],
  file: '',
  ...change,
});
const FINE = {
  errors: [],
  upstream: { reachable: true, status: 200, ownLogin: false, noTenant: false, expected: true, detail: '' },
  affected: [],
  warnings: [],
};
const ours = anEndpoint({
  name: 'logs',
  source: 'store',
  editable: true,
  spec: { name: 'logs', kind: 'loki', path: '/logs', upstream: 'http://127.0.0.1:3100' },
});

test('each endpoint with its traffic; those of the file are not changed here', async () => {
  serve({
    'GET /v1/endpoints': () =>
      list({
        endpoints: [anEndpoint({ name: 'loki', path: '/loki', tenant: { header: 'X-Scope-OrgID' } }), ours],
      }),
    'GET /v1/stats': () => someStats(),
  });
  show(<EndpointsPage />, '/endpoints');
  const loki = within((await screen.findByRole('link', { name: 'loki' })).closest('tr')!);
  expect(await loki.findByText('1,200')).toBeInTheDocument();
  // In its column, and below the name where a phone has none.
  const refused = loki.getAllByRole('link', { name: '7 refused' });
  expect(refused.map((link) => link.getAttribute('href'))).toEqual(Array(2).fill('/refused?endpoint=loki'));
  expect(loki.getByText('Let in, 7 days: 1,200')).toBeInTheDocument();
  expect(loki.getByText('Tenant: header X-Scope-OrgID')).toBeInTheDocument();
  expect(loki.getAllByText('/loki')).toHaveLength(2);
  expect(loki.queryByRole('button', { name: 'Actions for loki' })).not.toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Actions for logs' })).toBeInTheDocument();
  expect(screen.getByText('They go before those that are made here.')).toBeInTheDocument();
});

test('where none may be made here, it says what the operator has to set', async () => {
  serve({ 'GET /v1/endpoints': () => list({ inStore: false }), 'GET /v1/stats': () => someStats() });
  show(<EndpointsPage />, '/endpoints?new=true');
  expect(await screen.findByText(/set gate.endpoints_in_store: true/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Add endpoint' })).not.toBeInTheDocument();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});

test('one is made: checked first, and what would come of it is shown', async () => {
  const seen = serve({
    'GET /v1/endpoints': () => list({ endpoints: [] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => FINE,
    'POST /v1/endpoints': () => ours,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  await user.click(await screen.findByRole('button', { name: 'Add endpoint' }));
  const dialog = within(await screen.findByRole('dialog'));
  const type = (label: RegExp, value: string) => fireEvent.change(dialog.getByLabelText(label), { target: { value } });
  type(/^Name/, 'loki');
  type(/^Path/, '/loki');
  type(/^Passes requests on to/, 'http://127.0.0.1:3100');
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText('The program behind it answers, with status 200')).toBeInTheDocument();
  const spec = { name: 'loki', path: '/loki', require: 'read', upstream: 'http://127.0.0.1:3100' };
  expect(seen.find(({ route }) => route === '/v1/endpoints/check')?.body).toEqual(spec);
  expect(seen.some(({ method, route }) => method === 'POST' && route === '/v1/endpoints')).toBe(false);

  // After a change it has to be checked again.
  type(/^Path/, '/logs');
  expect(dialog.queryByText('The program behind it answers, with status 200')).not.toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  await user.click(await dialog.findByRole('button', { name: 'Add endpoint' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(seen.find(({ method, route }) => method === 'POST' && route === '/v1/endpoints')?.body).toEqual({
    ...spec,
    path: '/logs',
  });
});

test('the name of an endpoint that is there cannot be given to a new one', async () => {
  const seen = serve({
    'GET /v1/endpoints': () => list({ endpoints: [ours] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => FINE,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints?new=true');
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.change(dialog.getByLabelText(/^Name/), { target: { value: ` ${ours.name}` } });
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText(/^There is an endpoint of this name/)).toBeInTheDocument();
  expect(seen.some(({ route }) => route === '/v1/endpoints/check')).toBe(false);
});

test('what the server would refuse stands at its field, and nothing is saved', async () => {
  serve({
    'GET /v1/endpoints': () => list({ endpoints: [] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => ({
      errors: [
        { field: 'upstream', detail: 'is not within gate.upstreams' },
        { field: 'else', detail: 'is wrong as well' },
      ],
      warnings: [],
      upstream: null,
      affected: [],
    }),
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints?new=true');
  const dialog = within(await screen.findByRole('dialog'));
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText('Give it a name.')).toBeInTheDocument();
  fireEvent.change(dialog.getByLabelText(/^Name/), { target: { value: 'x' } });
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText('It is not within gate.upstreams')).toBeInTheDocument();
  expect(dialog.getByText('It is wrong as well')).toBeInTheDocument();
  expect(dialog.getByRole('button', { name: 'Check' })).toBeInTheDocument();
});

test('what is folded away unfolds for a mistake, and stays open while it is corrected', async () => {
  serve({
    'GET /v1/endpoints': () => list({ endpoints: [] }),
    'GET /v1/stats': () => someStats(),
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints?new=true');
  const dialog = within(await screen.findByRole('dialog'));
  const folded = dialog.getByText('Limits, further paths, other ways to send a key').closest('details')!;
  expect(folded.open).toBe(false);
  fireEvent.change(dialog.getByLabelText(/^Name/), { target: { value: 'x' } });
  const paths = dialog.getByLabelText(/^Further paths/);
  fireEvent.change(paths, { target: { value: '<b>x</b>' } });
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText(/^“<b>x<\/b>” is not like/)).toBeInTheDocument();
  expect(folded.open).toBe(true);
  fireEvent.change(paths, { target: { value: '<b>x</b' } });
  expect(dialog.queryByText(/is not like/)).not.toBeInTheDocument();
  expect(folded.open).toBe(true);
  expect(dialog.getByText('For each key that has none of its own. Empty: no limit.')).toBeInTheDocument();
});

test('a change says whom it would refuse, and sends what was taken out as well', async () => {
  const seen = serve({
    'GET /v1/endpoints': () => list({ endpoints: [ours] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => ({
      ...FINE,
      affected: [
        {
          keyId: '4fjK2n0qPz7a',
          keyName: 'edge-agents',
          requests: 12,
          lastAt: '2026-11-28T00:00:00Z',
          endpoint: 'logs',
          path: '/logs',
          method: 'POST',
          certain: true,
          reason: 'No.',
        },
        {
          keyId: '4fjK2n0qPz7a',
          keyName: 'edge-agents',
          requests: 1,
          lastAt: '2026-11-28T00:00:00Z',
          endpoint: 'logs',
          path: '/logs',
          method: 'GET',
          certain: true,
          reason: 'No.',
        },
      ],
    }),
    'PATCH /v1/endpoints/*': () => ours,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  await user.click(await screen.findByRole('button', { name: 'Actions for logs' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Change' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByLabelText(/^Name/)).toBeDisabled();
  fireEvent.change(dialog.getByLabelText(/^Passes requests on to/), { target: { value: '' } });
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText('1 key that was let in over the last 7 days would be refused')).toBeInTheDocument();
  expect(dialog.getAllByRole('link', { name: 'edge-agents' })[0]).toHaveAttribute('href', '/keys/4fjK2n0qPz7a');
  const [often, once] = dialog.getAllByRole('listitem');
  expect(often).toHaveTextContent(/^edge-agents POST \/logs ?12 requests, last/);
  expect(once).toHaveTextContent(/^edge-agents GET \/logs ?1 request, \d/);
  expect(dialog.queryByText('perhaps, or some of it')).not.toBeInTheDocument();
  await user.click(dialog.getByRole('button', { name: 'Save changes' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  const sent = seen.find(({ method }) => method === 'PATCH');
  expect(sent?.route).toBe('/v1/endpoints/logs');
  // Nothing else: what the form merely shows may have been changed by somebody else meanwhile.
  expect(sent?.body).toEqual({ upstream: null });
});

test('a field that somebody else changed meanwhile is named, once', async () => {
  let theirs = ours;
  const seen = serve({
    'GET /v1/endpoints': () => list({ endpoints: [theirs] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => FINE,
    'PATCH /v1/endpoints/*': () => ours,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  await user.click(await screen.findByRole('button', { name: 'Actions for logs' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Change' }));
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.change(dialog.getByLabelText(/^Path/), { target: { value: '/mine' } });
  theirs = { ...ours, spec: { ...ours.spec, path: '/theirs', kind: 'tempo' } };
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText(/^Somebody else changed it while this form was open: Path\./)).toBeInTheDocument();
  expect(seen.some(({ route }) => route.endsWith('/check'))).toBe(false);
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  await user.click(await dialog.findByRole('button', { name: 'Save changes' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(seen.find(({ method }) => method === 'PATCH')?.body).toEqual({ path: '/mine' });
});

test('an endpoint that somebody else removed meanwhile is not asked for fields that it does not lack', async () => {
  let there = [ours];
  const seen = serve({
    'GET /v1/endpoints': () => list({ endpoints: there }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => FINE,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  await user.click(await screen.findByRole('button', { name: 'Actions for logs' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Change' }));
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.change(dialog.getByLabelText(/^Path/), { target: { value: '/mine' } });
  there = [];
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText(/^Somebody else removed logs while this form was open/)).toBeInTheDocument();
  expect(seen.some(({ route }) => route.endsWith('/check'))).toBe(false);
});

test('a change that opens more is warned of, and says nothing of being harmless', async () => {
  serve({
    'GET /v1/endpoints': () => list({ endpoints: [ours] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => ({
      ...FINE,
      warnings: [
        { field: 'kind', detail: 'lets clients say in X-Scope-OrgID whose data they mean' },
        { field: 'tenant', detail: 'has no effect there: every key reads what all tenants wrote' },
      ],
    }),
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  await user.click(await screen.findByRole('button', { name: 'Actions for logs' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Change' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByText('It would open what was closed')).toBeInTheDocument();
  const warned = (title: string) => dialog.getByText(title).closest('[role="alert"]');
  expect(warned('It would open what was closed')).toHaveTextContent(/whose data they mean$/);
  expect(warned('Tenants would not be kept apart')).toHaveTextContent(/every key reads what all tenants wrote$/);
  expect(dialog.queryByText(/Nobody who was let in/)).not.toBeInTheDocument();
});

test('one is removed, once it was shown whom that hits', async () => {
  const seen = serve({
    'GET /v1/endpoints': () => list({ endpoints: [ours] }),
    'GET /v1/stats': () => someStats(),
    'GET /v1/keys': () => ({ keys: [aKey({ name: 'never-used', endpoints: ['logs'] })], nextCursor: '' }),
    'POST /v1/endpoints/check': () => ({ ...FINE, upstream: null }),
    'DELETE /v1/endpoints/*': () => undefined,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  await user.click(await screen.findByRole('button', { name: 'Actions for logs' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Remove' }));
  // Nobody used it, but a key is limited to it.
  expect(await screen.findByRole('link', { name: 'never-used' })).toBeInTheDocument();
  expect(await screen.findByText('Nobody who was let in over the last 7 days would be refused')).toBeInTheDocument();
  expect(seen.find(({ route }) => route === '/v1/endpoints/check')?.body).toEqual({ name: 'logs', delete: true });
  await user.click(screen.getByRole('button', { name: 'Remove endpoint' }));
  await waitFor(() => expect(seen.some(({ method }) => method === 'DELETE')).toBe(true));
});

test('a failure while it is saved is brought into sight, and keeps what was typed', async () => {
  serve({
    'GET /v1/endpoints': () => list({ endpoints: [] }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => FINE,
    'POST /v1/endpoints': () => new Refusal(409, { code: 'conflict', detail: 'The file has that path.', errors: [] }),
  });
  const user = aUser();
  const shown = jest.spyOn(Element.prototype, 'scrollIntoView');
  show(<EndpointsPage />, '/endpoints?new=true');
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.change(dialog.getByLabelText(/^Name/), { target: { value: 'x' } });
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  await user.click(await dialog.findByRole('button', { name: 'Add endpoint' }));
  expect(await dialog.findByText('The file has that path.')).toBeInTheDocument();
  await waitFor(() => expect(shown.mock.contexts.at(-1)).toHaveTextContent('The file has that path.'));
  expect(dialog.getByLabelText(/^Name/)).toHaveValue('x');
});

test('one that was removed says why nobody passes there, and is made again as it was', async () => {
  const spec = {
    name: 'logs',
    path: '/logs',
    methods: { GET: 'read' },
    paths: [
      { path: '/logs/admin', require: 'manage' },
      { path: '/more', require: 'none' },
    ],
    tenant: { header: 'X-Scope-OrgID' },
    pool: 'edge',
    upstream: 'http://10.0.0.9:3100',
  };
  const seen = serve({
    'GET /v1/endpoints': () =>
      list({
        removed: [
          { name: 'logs', paths: ['/logs', '/more'], removed: { at: '2026-11-28T00:00:00Z', by: 'grace' }, spec },
          { name: 'old', paths: [], removed: { at: '2026-11-20T00:00:00Z', by: 'ada' }, spec: null },
        ],
      }),
    'GET /v1/stats': () => someStats(),
    'POST /v1/endpoints/check': () => FINE,
  });
  const user = aUser();
  show(<EndpointsPage />, '/endpoints');
  const removed = within(await screen.findByRole('table', { name: 'Removed endpoints' }));
  expect(removed.getByRole('row', { name: /^logs/ })).toHaveTextContent(/\/logs.*\/more.*by grace/);
  await user.click(removed.getByRole('button', { name: 'Make logs again' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.click(dialog.getByRole('button', { name: 'Check' }));
  expect(await dialog.findByRole('button', { name: 'Add endpoint' })).toBeInTheDocument();
  expect(seen.find(({ route }) => route === '/v1/endpoints/check')?.body).toEqual(spec);
});

test('where none may be made, one that was removed is named all the same', async () => {
  const removed = [
    { name: 'logs', paths: ['/logs'], removed: { at: '2026-11-28T00:00:00Z', by: 'grace' }, spec: null },
  ];
  serve({ 'GET /v1/endpoints': () => list({ inStore: false, removed }), 'GET /v1/stats': () => someStats() });
  show(<EndpointsPage />, '/endpoints');
  expect(await screen.findByRole('table', { name: 'Removed endpoints' })).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Make logs again' })).not.toBeInTheDocument();
});
