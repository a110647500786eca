/*
 * What the server says is in English: an answer is for scripts and logs as well. For readers of another language the
 * catalogue has its sentences under "server", as they stand in the server's code, with numbers where a value is.
 */

interface Saying {
  words: RegExp;
  /** The places of the values, in the order of the English words. */
  values: string[];
  text: string;
}

let sayings: Saying[] = [];

/** What the server puts between its own quotation marks, as a sentence of the catalogue. */
const QUOTED = '"{{1}}"';

/** The reader's quotation marks, around that. */
let quoted = QUOTED;

/** Takes the server's sentences, English to the reader's language. */
export function learn(texts: Record<string, string>): void {
  // Those with the most words of their own first: a value may be anything.
  const own = (english: string) => english.replace(VALUE, '').length;
  quoted = texts[QUOTED] ?? QUOTED;
  sayings = Object.entries(texts)
    .filter(([english]) => english !== QUOTED)
    .sort(([a], [b]) => own(b) - own(a))
    .map(([english, text]) => ({
      words: new RegExp(`^${english.split(VALUE).map(literally).join('(.*?)')}$`, 's'),
      values: english.match(VALUE) ?? [],
      text,
    }));
}

const VALUE = /\{\{\d+\}\}/g;

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What the server said, in the reader's language; undefined for what is not in the catalogue. */
export function known(english: string): string | undefined {
  for (const { words, values, text } of sayings) {
    const found = words.exec(english);
    if (found) {
      return text.replace(VALUE, (value) => inPlace(found[values.indexOf(value) + 1]));
    }
  }
  const sentences = english.split(/(?<=\.) (?=[A-Z])/);
  if (sentences.length < 2) {
    return undefined;
  }
  const each = sentences.map(known);
  return each.includes(undefined) ? undefined : each.join(' ');
}

/** What a key is described as. An import describes keys in English; else people wrote it, and it stays as it is. */
export const described = (text: string): string => (text.startsWith('Taken over from ') ? said(text) : text);

/** A value within a sentence: a name, which stays as it is, a sentence by itself or a part of one, or several of them. */
function inPlace(value: string): string {
  const name = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1];
  if (name !== undefined) {
    return quoted.replace(VALUE, () => name.replace(/\\(["\\])/g, '$1'));
  }
  return known(value) ?? value.split('; ').map(said).join('; ');
}

/** What the server said, in the reader's language as far as the catalogue has it. */
export const said = (english: string): string => known(english) ?? english;
