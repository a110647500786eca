import { forgetDrafts } from '../components/drafts';

/*
 * The key that the person at the console signed in with. It lives in this module's memory and is gone with the page;
 * only when asked to, it is also kept for the browser tab.
 */

type Listener = () => void;

/** Why there is no session. */
export type SignedOut = 'never' | 'left' | 'refused';

const NAME = 'ostiary.key';
const OVER_A_RELOAD = 'ostiary.key.over-a-reload';
const listeners = new Set<Listener>();

let key = sessionStorage.getItem(NAME) ?? sessionStorage.getItem(OVER_A_RELOAD) ?? '';
sessionStorage.removeItem(OVER_A_RELOAD);
let reason: SignedOut = 'never';
let visit = key ? 1 : 0;
let visits = visit;
let org: number | undefined;

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
   * A number for what belongs together: from signing in to signing out. 0 means that nobody is there.
   */
  visit: (): number => visit,
  /**
   * Signs in with a key that the server has accepted.
   * @param keep whether the tab keeps the key until it is closed, so that reloading the page does not sign out
   * @param orgId whose key it is; pages of another organization are closed
   */
  start(accepted: string, keep: boolean, orgId?: number): void {
    if (keep) {
      sessionStorage.setItem(NAME, accepted);
    }
    if (!visit || (org !== undefined && org !== orgId)) {
      visit = ++visits;
    }
    org = orgId;
    change(accepted, 'never');
  },
  /** Loads the document again, which alone may have the key once more. */
  reload(): void {
    if (key) {
      sessionStorage.setItem(OVER_A_RELOAD, key);
    }
    window.location.reload();
  },
  /** Forgets the key. */
  end(why: Exclude<SignedOut, 'never'>): void {
    sessionStorage.removeItem(NAME);
    if (why === 'left') {
      forgetDrafts();
      visit = 0;
    }
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
