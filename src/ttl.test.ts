import { formatTtl, parseTtl } from './ttl';

test.each([
  ['3600', 3600],
  ['90d', 90 * 86400],
  ['12h', 12 * 3600],
  ['1d12h', 36 * 3600],
  [' 2w ', 14 * 86400],
  ['5m30s', 330],
  ['0', 0],
  ['never', 0],
  ['NEVER', 0],
])('%s is %d seconds', (text, seconds) => expect(parseTtl(text)).toBe(seconds));

test.each(['', 'd', '90 days', '-1', '1.5h', '90dx', 'x90d', '1y'])('“%s” is no time to live', (text) =>
  expect(parseTtl(text)).toBeUndefined()
);

test.each([0, 1, 59, 3600, 86400, 90 * 86400, 129600, 86399, 1234567])(
  '%d seconds are read as they were written',
  (n) => expect(parseTtl(formatTtl(n))).toBe(n)
);
