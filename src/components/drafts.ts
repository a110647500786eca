/*
 * What was typed into a form and not sent yet. The tab keeps it until it is sent or thrown away, so that neither a
 * reload nor a session that ends costs anybody what they wrote. No form holds a token; whoever pastes one into a field
 * keeps it to themselves.
 */

/** What the names of all drafts begin with. */
export const PREFIX = 'ostiary.draft.';
const TOKEN = /ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/;

/** Forgets all drafts: whoever signs out leaves nothing behind. */
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
