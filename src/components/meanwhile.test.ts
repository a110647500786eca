import type { Key } from '../api/types';
import { aKey } from '../test/fixtures';
import { serve } from '../test/backend';
import { Editing, takingBack } from './meanwhile';

const SHOWN = aKey({
  allowedCidrs: ['10.0.0.0/8', '0.0.0.0/0'],
  tenants: ['a', 'secret'],
  limits: { ...aKey().limits, requestsPerSecond: 100 },
  labels: { team: 'sre' },
});
const serving = (now: Partial<Key>) => serve({ 'GET /v1/keys/*': () => ({ ...SHOWN, ...now }) });

test.each<[string, Partial<Key>, object]>([
  ['addresses', { allowedCidrs: ['10.0.0.0/8'] }, { allowedCidrs: ['10.0.0.0/8', '0.0.0.0/0', '192.168.0.0/16'] }],
  ['tenants', { tenants: ['a'] }, { tenants: ['a', 'b', 'secret'] }],
  [
    'Limits',
    { limits: { ...SHOWN.limits, requestsPerSecond: 1 } },
    { limits: { requestsPerSecond: 100, concurrent: 5 } },
  ],
  ['role', { role: 'Viewer' }, { role: 'Editor' }],
  ['expires', { expiresAt: '2026-12-01T00:00:00Z' }, { expiresIn: '90d' }],
])('%s that another narrowed meanwhile are put back only on purpose', async (name, now, sent) => {
  serving(now);
  const editing = new Editing(SHOWN);
  await expect(editing.beside(sent)).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(name),
  });
  await expect(editing.beside(sent)).resolves.toEqual(sent);
});

test('what was not told at one save is told at the next, and each time that it is another one', async () => {
  let owner = 'dora';
  serve({ 'GET /v1/keys/*': () => ({ ...SHOWN, owner }) });
  const editing = new Editing(SHOWN);
  await editing.beside({ allowedCidrs: ['10.0.0.0/40'] }); // which the server refuses
  await expect(editing.beside({ owner: 'emil' })).rejects.toMatchObject({ status: 409 });
  owner = 'otto';
  await expect(editing.beside({ owner: 'emil' })).rejects.toMatchObject({ status: 409 });
  await editing.beside({ owner: 'emil' });
  expect(editing.before.owner).toBe('otto');
});

test('what another changed elsewhere keeps nobody from saving', async () => {
  serving({ description: 'theirs', role: 'Viewer', labels: { team: 'sre', site: 'hall' } });
  const sent = { owner: 'me', role: 'Viewer', labels: { team: 'core' } } as const;
  await expect(new Editing(SHOWN).beside(sent)).resolves.toEqual({
    ...sent,
    labels: { team: 'core', site: 'hall' },
  });
});

test('what another changed after it is not taken back', async () => {
  const after = { ...SHOWN, allowedCidrs: [], owner: 'me' };
  serving({ ...after, allowedCidrs: ['10.9.0.0/16'] });
  await expect(takingBack(SHOWN, after, { allowedCidrs: [], owner: 'me' })).resolves.toEqual({
    values: { owner: SHOWN.owner },
    left: ['allowedCidrs'],
  });
});
