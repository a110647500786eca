import { ApiError } from './errors';
import { currentOutage, onOutageChange, recoveryCount, reportOutage } from './status';

const down = new ApiError(503, 'unavailable', 'Shortly.');

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('while one answer fails and another does not, pages are read again only now and then', () => {
  const before = recoveryCount();
  const changes = jest.fn();
  const stop = onOutageChange(changes);
  for (let i = 0; i < 90; i++) {
    reportOutage(down);
    expect(currentOutage()).toBe(down);
    reportOutage(undefined);
    jest.advanceTimersByTime(100);
  }
  expect(recoveryCount() - before).toBe(2); // at once, and five seconds later
  jest.advanceTimersByTime(5000);
  expect(recoveryCount() - before).toBe(3); // what was put off is not forgotten
  jest.advanceTimersByTime(60_000);
  expect(recoveryCount() - before).toBe(3);
  expect(changes).toHaveBeenCalled();
  stop();
});
