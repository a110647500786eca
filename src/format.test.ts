import { duration, expiresSoon, relativeTime } from './format';

const now = Date.parse('2026-11-21T12:00:00Z');
const away = (seconds: number) => new Date(now + seconds * 1000).toISOString();
const HOUR = 3600;
const DAY = 24 * HOUR;

test.each([
  [0, 'just now'],
  [-44, 'just now'],
  [-120, '2 minutes ago'],
  [3 * HOUR, 'in 3 hours'],
  [3 * DAY, 'in 3 days'],
  [-1 * DAY, '1 day ago'],
  [90 * DAY, 'in 3 months'],
  [-2 * 365 * DAY, '2 years ago'],
])('%d seconds away is “%s”', (seconds, text) => expect(relativeTime(away(seconds), now)).toBe(text));

test.each([
  [90 * DAY, '90 days'],
  [DAY, '1 day'],
  [36 * HOUR, '36 hours'],
  [90, '90 seconds'],
  [120, '2 minutes'],
])('%d seconds last “%s”', (seconds, text) => expect(duration(seconds)).toBe(text));

test('a key is worth a warning in its last week', () => {
  expect(expiresSoon(away(7 * DAY + 1), now)).toBe(false);
  expect(expiresSoon(away(7 * DAY - 1), now)).toBe(true);
});
