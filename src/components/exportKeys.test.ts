import { aKey } from '../test/fixtures';
import { keysAsCsv } from './exportKeys';

test('as CSV: with its limits and its break, and lists that can be read back', () => {
  const csv = keysAsCsv([
    aKey({
      owner: 'Jürgen',
      labels: { site: 'north hall', env: 'prod' },
      endpoints: ['loki', 'tempo'],
      limits: { ...aKey().limits, requestsPerSecond: 50, burst: 100 },
      state: 'disabled',
      disabledUntil: '2026-11-30T12:00:00Z',
    }),
  ]);
  // Without the mark in front, Excel takes the text for one of the system's own encoding.
  expect(csv.startsWith('\uFEFFid,name,')).toBe(true);
  const [names, line] = csv.split('\r\n');
  expect(line).toBe(
    '4fjK2n0qPz7a,edge-agents,,Jürgen,"env=prod, site=north hall",Agent,,disabled,2026-11-30T12:00:00Z,"loki, tempo",,,' +
      '"requestsPerSecond=50, burst=100",2026-11-01T08:00:00Z,admin,,,,,0'
  );
  expect(names.split(',')).toHaveLength(20);
});
