import { begin, forget, hold, peek, take } from './ahead';

beforeEach(() => {
  jest.useFakeTimers();
  forget();
});
afterEach(() => jest.useRealTimers());

test('an answer is handed over once, and stays until then', async () => {
  begin('q', async () => 1);
  expect(peek('q')).toBeUndefined();
  await jest.advanceTimersByTimeAsync(0);
  expect([peek('q'), peek('q'), await take('q'), take('q')]).toEqual([1, 1, 1, undefined]);
});

test('what nobody takes gets old, and is gone when somebody else comes', async () => {
  begin('q', async () => 1);
  await jest.advanceTimersByTimeAsync(6000);
  expect([peek('q'), take('q')]).toEqual([undefined, undefined]);
  begin('q', async () => 2);
  forget();
  expect(take('q')).toBeUndefined();
});

test('whoever takes a question stops it', () => {
  let asked: AbortSignal | undefined;
  begin('q', (signal) => ((asked = signal), new Promise(() => undefined)));
  const control = new AbortController();
  take('q', control.signal);
  expect(asked?.aborted).toBe(false);
  control.abort();
  expect(asked?.aborted).toBe(true);
});

/** What hold throws to keep React waiting; undefined if it does not. */
function held(name: string): Promise<unknown> | undefined {
  try {
    hold(name);
    return undefined;
  } catch (wait) {
    return wait as Promise<unknown>;
  }
}

test('a page waits for an answer, for a moment, and for a failure no longer', async () => {
  let answer = (_: number) => {};
  begin('soon', () => new Promise((resolve) => (answer = resolve)));
  const wait = held('soon');
  answer(1);
  await wait;
  expect([held('soon'), peek('soon')]).toEqual([undefined, 1]);

  begin('never', () => new Promise(() => undefined));
  const limit = held('never');
  await jest.advanceTimersByTimeAsync(200);
  await limit;
  expect(held('never')).toBeUndefined();

  begin('failed', () => Promise.reject(new Error('away')));
  await held('failed');
  expect(held('failed')).toBeUndefined();
  await expect(take('failed')).rejects.toThrow('away');
  expect(held('unasked')).toBeUndefined();
});
