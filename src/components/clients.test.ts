import { aClient, aKey, aToken } from '../test/fixtures';
import { oldTokens } from './clients';

const NOW = new Date('2026-11-28T12:00:00Z').getTime();
const OLD = aToken({ id: 'oldoldoldold' });
const NEW = aToken({ id: 'newnewnewnew', createdAt: '2026-11-28T06:00:00Z' });
const use = (lastUsedAt: string | null, ...clients: Array<ReturnType<typeof aClient>>) =>
  oldTokens(aKey({ tokens: [{ ...OLD, lastUsedAt }, NEW] }), clients, NOW)[0];

test('a key with one token has no old one; an ended one needs no advice', () => {
  expect(oldTokens(aKey(), [], NOW)).toEqual([]);
  expect(oldTokens(aKey({ tokens: [{ ...OLD, state: 'revoked' }, NEW] }), [], NOW)).toEqual([]);
});

test('one that was sent after it was replaced is used', () => {
  expect(use('2026-11-28T11:00:00Z').use).toBe('used');
  expect(use('2026-11-28T05:00:00Z').use).toBe('quiet');
});

test('nobody for a day, or never: it is over', () => {
  expect(use('2026-11-27T11:59:59Z').use).toBe('over');
  expect(use(null)).toMatchObject({ use: 'over', lastAt: null });
  // It was sent after the rotation once, but for days no more.
  const rotated = aKey({
    tokens: [
      { ...OLD, lastUsedAt: '2026-11-22T00:00:00Z' },
      { ...NEW, createdAt: '2026-11-20T00:00:00Z' },
    ],
  });
  expect(oldTokens(rotated, [], NOW)[0].use).toBe('over');
});

test('clients are seen before the use of the token is written, and those of other tokens do not count', () => {
  const client = aClient({ tokenId: OLD.id, lastAt: '2026-11-28T11:59:00Z' });
  const other = aClient({ tokenId: NEW.id, lastAt: '2026-11-28T11:59:30Z' });
  const gone = aClient({ tokenId: OLD.id, lastAt: '2026-11-20T00:00:00Z' });
  expect(use(null, other, client, gone)).toMatchObject({ use: 'used', lastAt: client.lastAt, clients: [client] });
});
