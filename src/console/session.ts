/*
 * The key that the person at the console signed in with. It lives in this module's memory and is gone with the page;
 * only when asked to, it is also kept for the browser tab.
 */

type Listener = () => void;

/** Why there is no session. */
export type SignedOut = 'never' | 'left' | 'refused';

const NAME = 'ostiary.key';
const listeners = new Set<Listener>();

let key = sessionStorage.getItem(NAME) ?? '';
let reason: SignedOut = 'never';

function change(nextKey: string, why: SignedOut): void {
  key = nextKey;
  reason = why;
  listeners.forEach((listener) => listener());
}

export const session = {
  /** The key, or the empty text. */
  key: (): string => key,
  /** Why nobody is signed in. */
  reason: (): SignedOut => reason,
  /**
   * Signs in with a key that the server has accepted.
   * @param keep whether the tab keeps the key until it is closed, so that reloading the page does not sign out
   */
  start(accepted: string, keep: boolean): void {
    if (keep) {
      sessionStorage.setItem(NAME, accepted);
    }
    change(accepted, 'never');
  },
  /** Forgets the key. */
  end(why: Exclude<SignedOut, 'never'>): void {
    sessionStorage.removeItem(NAME);
    change('', why);
  },
  /** Calls the listener at every change, until the returned function is called. */
  onChange(listener: Listener): () => void {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
