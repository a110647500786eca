import { t } from '../i18n';

/*
 * What an address says wrongly of a list would let more through than was meant. It becomes a word of the search, which
 * finds nothing, shows it, and says what is wrong.
 */

/** A search with what an address says, by the names of filters, and no filter could read. */
export const withUnread = (q: string, said: (name: string) => string, read: Record<string, string>): string =>
  [
    q,
    ...Object.keys(read).flatMap((name) =>
      said(name) && !read[name] ? [`${name}:"${said(name).replaceAll('"', '')}"`] : []
    ),
  ]
    .filter(Boolean)
    .join(' ');

/** What is wrong with such words of a search, as a sentence. */
export function mistakeIn(q: string, known: Record<string, readonly string[]>): string | undefined {
  for (const [, name, value] of q.matchAll(/(?<!\S)(\w+):"([^"]*)"/g)) {
    if (known[name]) {
      return noneOf(value, known[name]);
    }
  }
  return undefined;
}

/** That a value is not one of those that there are. */
export const noneOf = (value: string, all: readonly string[]): string =>
  t('search.not-one-of', '“{{value}}” is none of {{all}}.', { value, all: all.join(', ') });
