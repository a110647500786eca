import { serverTime, setClock } from './clock';

const HOUR = 3_600_000;

beforeEach(() => jest.useFakeTimers({ now: Date.parse('2026-11-29T12:00:00Z') }));
afterEach(() => {
  setClock(new Date().toUTCString());
  jest.useRealTimers();
});

test('the time is the server’s, whatever the computer’s clock says', () => {
  setClock('Sun, 29 Nov 2026 07:00:00 GMT');
  expect(serverTime()).toBe(Date.now() - 5 * HOUR);
  jest.advanceTimersByTime(HOUR);
  expect(serverTime()).toBe(Date.parse('2026-11-29T08:00:00Z'));
});

test.each([['Sun, 29 Nov 2026 12:00:20 GMT'], [null], [undefined], ['yesterday']])('%s changes nothing', (date) => {
  setClock(date);
  expect(serverTime()).toBe(Date.now());
});
