import { act, screen, waitFor, within } from '@testing-library/react';
import React from 'react';
import { TextDecoder, TextEncoder } from 'util';
import { aUser, Refusal, serve, show } from '../test/backend';
import { aDenial, aKey, VIEWER } from '../test/fixtures';
import { RefusedPage } from './RefusedPage';

/** The stream of events that the page follows. */
interface Stream {
  url: string;
  headers: Record<string, string>;
  send: (denial: ReturnType<typeof aDenial>) => Promise<void>;
  end: () => void;
}
let streams: Stream[];
const realFetch = global.fetch;

/** Answers with streams, or, without them, as a proxy that lets none through. */
function stream(there = true): void {
  global.fetch = jest.fn(async (url: string, { headers, signal }: RequestInit) => {
    if (!there) {
      return { ok: false, status: 502, headers: new Headers() } as Response;
    }
    const pieces: Array<(piece: { done: boolean; value?: Uint8Array }) => void> = [];
    const waiting: Array<{ done: boolean; value?: Uint8Array }> = [];
    const give = (piece: { done: boolean; value?: Uint8Array }) => {
      const next = pieces.shift();
      next ? next(piece) : waiting.push(piece);
    };
    signal?.addEventListener('abort', () => give({ done: true }));
    give({ done: false, value: new TextEncoder().encode('retry: 1000\n\n') as Uint8Array });
    streams.push({
      url,
      headers: headers as Record<string, string>,
      send: (denial) =>
        act(async () =>
          give({
            done: false,
            value: new TextEncoder().encode(
              `id: ${denial.id}\nevent: denial\ndata: ${JSON.stringify(denial)}\n\n`
            ) as Uint8Array,
          })
        ),
      end: () => give({ done: true }),
    });
    return {
      ok: true,
      status: 200,
      headers: { get: () => 'text/event-stream' },
      body: {
        getReader: () => ({
          read: () =>
            new Promise((resolve) => {
              const piece = waiting.shift();
              piece ? resolve(piece) : pieces.push(resolve);
            }),
        }),
      },
    } as unknown as Response;
  }) as unknown as typeof fetch;
}

beforeEach(() => {
  Object.assign(global, { TextDecoder, TextEncoder });
  streams = [];
  stream();
});
afterEach(() => {
  global.fetch = realFetch;
});

const list = (...denials: Array<ReturnType<typeof aDenial>>) => ({ denials, nextCursor: '' });

test('an entry says why, what helps, whose key it was, and how often', async () => {
  serve({ 'GET /v1/denials': () => list(aDenial({ count: 1234 })) });
  show(<RefusedPage />, '/refused');
  const row = within((await screen.findByText('Key has expired')).closest('tr')!);
  expect(row.getByText('1,234 times')).toBeInTheDocument();
  expect(row.getByText('Extend the key, or rotate it and give the client the new token.')).toBeInTheDocument();
  expect(row.getByRole('link', { name: 'edge-agents' })).toHaveAttribute('href', '/keys/4fjK2n0qPz7a');
  expect(row.getByText('GET /kuma/metrics')).toBeInTheDocument();
  expect(row.getByText('192.0.2.7')).toBeInTheDocument();
});

test('the filter is in the address, and is the question to the server and to the stream', async () => {
  const seen = serve({ 'GET /v1/denials': () => list(aDenial({ id: 7 })) });
  show(<RefusedPage />, '/refused?code=expired&endpoint=loki&keyId=4fjK2n0qPz7a&since=24h&q=edge');
  await screen.findByText('GET /kuma/metrics');
  expect(seen.find(({ route }) => route === '/v1/denials')?.params).toEqual({
    code: 'expired',
    endpoint: 'loki',
    keyId: '4fjK2n0qPz7a',
    since: '24h',
    q: 'edge',
    limit: 50,
  });
  await waitFor(() => expect(streams).toHaveLength(1));
  // The stream goes on behind the last that is known, and not from the beginning of the span.
  expect(streams[0].url.split('?')[1]).toBe('q=edge&code=expired&endpoint=loki&keyId=4fjK2n0qPz7a');
  expect(streams[0].headers).toMatchObject({ Accept: 'text/event-stream', 'Last-Event-ID': '7' });
  await aUser().click(screen.getByRole('button', { name: 'Remove the filter “edge-agents”' }));
  await waitFor(() => expect(streams.at(-1)?.url).not.toContain('keyId'));
});

test('the stream goes on behind the last that was written, which may not be the newest', async () => {
  serve({ 'GET /v1/denials': () => list(aDenial({ id: 7 }), aDenial({ id: 9, path: '/late' }), aDenial({ id: 8 })) });
  show(<RefusedPage />, '/refused');
  await screen.findByText('GET /late');
  await waitFor(() => expect(streams).toHaveLength(1));
  expect(streams[0].headers).toMatchObject({ 'Last-Event-ID': '9' });
});

test('a token that is searched for gives its id away and nothing else', async () => {
  const seen = serve({ 'GET /v1/denials': () => list() });
  show(<RefusedPage />, '/refused');
  const user = aUser();
  await user.click(await screen.findByLabelText('Search refused requests'));
  await user.paste(`ost_4fjK2n0qPz7a_${'s'.repeat(49)}`);
  expect(screen.getByLabelText('Search refused requests')).toHaveValue('4fjK2n0qPz7a');
  await waitFor(() => expect(seen.at(-1)?.params.q).toBe('4fjK2n0qPz7a'));
  expect(await screen.findByText('No refused request matches')).toBeInTheDocument();
});

test('new ones appear as they happen, each once, and wait while it is paused', async () => {
  serve({ 'GET /v1/denials': () => list(aDenial({ id: 1, path: '/one' })) });
  show(<RefusedPage />, '/refused');
  await screen.findByText('GET /one');
  await waitFor(() => expect(streams).toHaveLength(1));
  await streams[0].send(aDenial({ id: 1, path: '/one' }));
  await streams[0].send(aDenial({ id: 2, path: '/two' }));
  expect(await screen.findByText('GET /two')).toBeInTheDocument();
  expect(screen.getAllByText('GET /one')).toHaveLength(1);
  expect(screen.getByText('New ones appear as they happen')).toBeInTheDocument();

  const user = aUser();
  await user.click(screen.getByRole('button', { name: 'Pause' }));
  await streams[0].send(aDenial({ id: 3, path: '/three' }));
  expect(await screen.findByText('Paused; 1 came meanwhile')).toBeInTheDocument();
  expect(screen.queryByText('GET /three')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Go on' }));
  expect(await screen.findByText('GET /three')).toBeInTheDocument();

  // A stream that ends, as each does after a minute, is taken up where it was.
  streams[0].end();
  await waitFor(() => expect(streams).toHaveLength(2));
  expect(streams[1].headers['Last-Event-ID']).toBe('3');
});

test('where nothing can be followed it asks again and again', async () => {
  stream(false);
  let denials = [aDenial({ id: 1, path: '/one' })];
  serve({ 'GET /v1/denials': () => list(...denials) });
  show(<RefusedPage />, '/refused');
  expect(await screen.findByText('New ones appear every few seconds')).toBeInTheDocument();
  denials = [aDenial({ id: 2, path: '/two' }), ...denials];
  expect(await screen.findByText('GET /two')).toBeInTheDocument();
  expect(screen.getAllByText('GET /one')).toHaveLength(1);
});

test('the way out is shown before it is taken', async () => {
  const seen = serve({
    'GET /v1/denials': () =>
      list(aDenial({ code: 'forbidden', reason: 'The API key may not be used from the address 192.0.2.7.' })),
    'GET /v1/keys/*': () => aKey({ allowedCidrs: ['10.0.0.0/8'] }),
    'PATCH /v1/keys/*': () => aKey(),
  });
  show(<RefusedPage />, '/refused');
  const user = aUser();
  await user.click(await screen.findByRole('button', { name: 'Allow this address' }));
  expect(await screen.findByText('10.0.0.0/8, 192.0.2.7')).toBeInTheDocument();
  expect(seen.some(({ method }) => method === 'PATCH')).toBe(false);
  const dialog = within(screen.getByRole('dialog'));
  await user.click(dialog.getByRole('button', { name: 'Allow this address' }));
  await waitFor(() =>
    expect(seen.find(({ method }) => method === 'PATCH')?.body).toEqual({ allowedCidrs: ['10.0.0.0/8', '192.0.2.7'] })
  );
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

test('older ones are read on request', async () => {
  serve({
    'GET /v1/denials': ({ params }) =>
      params.cursor
        ? list(aDenial({ id: 1, path: '/old' }))
        : { denials: [aDenial({ id: 2, path: '/new' })], nextCursor: 'c' },
  });
  show(<RefusedPage />, '/refused');
  await aUser().click(await screen.findByRole('button', { name: 'Show older entries' }));
  expect(await screen.findByText('GET /old')).toBeInTheDocument();
  expect(screen.getByText('GET /new')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Show older entries' })).not.toBeInTheDocument();
});

test('nothing was refused, it cannot be read, or one may not', async () => {
  serve({ 'GET /v1/denials': () => list() });
  const { unmount } = show(<RefusedPage />, '/refused');
  expect(await screen.findByText('Nothing was refused')).toBeInTheDocument();
  unmount();
  serve({ 'GET /v1/denials': () => new Refusal(500, { code: 'internal', detail: 'A fault.' }) });
  const failed = show(<RefusedPage />, '/refused');
  expect(await screen.findByText('The refused requests could not be read')).toBeInTheDocument();
  failed.unmount();
  serve({}, VIEWER);
  show(<RefusedPage />, '/refused');
  expect(await screen.findByText('Keys are managed by administrators')).toBeInTheDocument();
});
