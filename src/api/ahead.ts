/*
 * Questions that go out before the page is there that shows their answers: its scripts are loaded and its frame is drawn
 * meanwhile. Each answer is handed over once, and soon, so that nothing old is shown.
 */

interface Begun {
  promise: Promise<unknown>;
  control: AbortController;
  /** The answer, once it is there. */
  data?: unknown;
  /** Ends with the answer, or when there is none; it never fails. */
  end: Promise<void>;
  ended: boolean;
  /** When it was asked, in milliseconds. */
  at: number;
}

/** How old an answer may be that nobody has taken yet, in milliseconds. */
const FRESH = 5000;

/** How long a page waits for an answer at most, in milliseconds; what takes longer is waited for on the page. */
const MOMENT = 150;

const begun = new Map<string, Begun>();

/**
 * Asks now what a page is about to ask.
 * @param name the question; the page asks it under the same name
 */
export function begin(name: string, ask: (signal: AbortSignal) => Promise<unknown>): void {
  const control = new AbortController();
  const promise = ask(control.signal);
  const one: Begun = { promise, control, at: Date.now(), ended: false, end: Promise.resolve() };
  // A failure is the page's to show, when it takes the answer.
  one.end = promise
    .then(
      (data) => (one.data = data),
      () => undefined
    )
    .then(() => {
      one.ended = true;
    });
  begun.set(name, one);
}

/**
 * Keeps what React draws for the first time from the screen until the answer to a question is there, but for a moment
 * only: both then come at once, and are drawn once. Call it where state begins.
 */
export function hold(name: string): void {
  const one = fresh(name);
  const left = one && !one.ended ? one.at + MOMENT - Date.now() : 0;
  if (one && left > 0) {
    throw Promise.race([one.end, new Promise((resolve) => setTimeout(resolve, left))]);
  }
}

/** The answer to a question if it is there already; it stays to be taken. */
export const peek = <T>(name = ''): T | undefined => fresh(name)?.data as T | undefined;

/**
 * The answer to a question, or what it will be; undefined if nobody has asked. Whoever asks next gets another one.
 * @param signal stops the question
 */
export function take<T>(name = '', signal?: AbortSignal): Promise<T> | undefined {
  const one = fresh(name);
  begun.delete(name);
  signal?.addEventListener('abort', () => one?.control.abort());
  return one?.promise as Promise<T> | undefined;
}

/** Forgets all answers: somebody else may be there. */
export const forget = (): void => begun.clear();

function fresh(name: string): Begun | undefined {
  const one = begun.get(name);
  return one && Date.now() - one.at < FRESH ? one : undefined;
}
