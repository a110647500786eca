import { serve } from '../test/backend';
import { readTrail, trailAsCsv, trailAsJson } from './exportAudit';

const entry = (id: number, change = {}) => ({
  id,
  at: '2026-11-28T12:00:00Z',
  actor: 'admin',
  from: '127.0.0.1',
  action: 'create' as const,
  keyId: '4fjK2n0qPz7a',
  keyName: 'edge',
  changes: [],
  ...change,
});

test('all pages are read, with the same question, and the count so far is told', async () => {
  const seen = serve({
    'GET /v1/audit': ({ params }) => ({
      entries: params.cursor ? [entry(1)] : [entry(3), entry(2)],
      nextCursor: params.cursor ? '' : 'next',
    }),
  });
  const progress: number[] = [];
  const entries = await readTrail({ q: 'edge' }, (n) => progress.push(n), new AbortController().signal);
  expect(entries.map(({ id }) => id)).toEqual([3, 2, 1]);
  expect(progress).toEqual([2, 3]);
  expect(seen.map(({ params }) => params)).toEqual([
    { q: 'edge', limit: 500 },
    { q: 'edge', limit: 500, cursor: 'next' },
  ]);
});

test('as CSV: in words, and nothing that a spreadsheet would run', () => {
  const changes = [{ field: 'role', from: 'Agent', to: 'Viewer' }];
  const csv = trailAsCsv([entry(1, { action: 'update', changes, actor: '=1+1' }), entry(2, { keyName: 'a "b", c' })]);
  expect(csv.split('\r\n')).toEqual([
    '\uFEFFid,at,actor,from,action,what,keyId,keyName,details',
    "1,2026-11-28T12:00:00Z,'=1+1,127.0.0.1,update,Changed,4fjK2n0qPz7a,edge,role: Agent → Viewer",
    '2,2026-11-28T12:00:00Z,admin,127.0.0.1,create,Created,4fjK2n0qPz7a,"a ""b"", c",',
    '',
  ]);
});

test('as JSON: as the server gave it', () => {
  expect(JSON.parse(trailAsJson([entry(1)]))).toEqual([entry(1)]);
});
