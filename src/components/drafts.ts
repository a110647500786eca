/*
 * What was typed into a form and not sent yet. The tab keeps it until it is sent or discarded, so that a reload or the
 * end of a session loses nothing. No form asks for a token; a draft into which one was pasted is not kept.
 */

/** What the names of all drafts begin with. */
export const PREFIX = 'ostiary.draft.';
const TOKEN = /ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/;

/** Forgets all drafts, so that signing out leaves nothing behind. */
export function forgetDrafts(): void {
  Object.keys(sessionStorage)
    .filter((name) => name.startsWith(PREFIX))
    .forEach((name) => sessionStorage.removeItem(name));
}

/** What is kept under a name; null if nothing is. */
export function readDraft(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

/** Keeps what was typed under a name. */
export function writeDraft(name: string, values: unknown): void {
  const text = JSON.stringify(values);
  try {
    if (TOKEN.test(text)) {
      sessionStorage.removeItem(name);
    } else {
      sessionStorage.setItem(name, text);
    }
  } catch {
    // A browser that keeps nothing keeps no drafts either.
  }
}

/** Whether there is a draft under a name. */
export const hasDraft = (name: string): boolean => readDraft(name) !== null;
