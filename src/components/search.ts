import { ROLES, STATES } from '../api/types';
import { t } from '../i18n';
import { parseTtl } from '../ttl';
import { checkEndpoints } from './limits';
import { checkTenants } from './tenants';
import { noneOf } from './unread';
import { NEVER, type KeyFilter } from './useKeyList';
import { withoutSecret } from './withoutSecret';

/*
 * The search as it is typed, and the filter that it stands for: words, and what a key must be, such as role:agent. Each
 * is made from the other, so that the field, the filters and the address always say the same. What no filter can say,
 * such as -role:agent or several roles, stays among the words: the server reads them in the same way.
 */

/** What can be said with a colon, in the order in which it is written. */
export const FIELDS = ['state', 'role', 'pool', 'owner', 'label', 'tenant', 'endpoint', 'unused', 'expires'] as const;

export type Field = (typeof FIELDS)[number];

/** What a search says, and what is wrong with it. */
export interface Reading {
  filter: KeyFilter;
  /** A sentence. */
  wrong?: string;
  /** What is wrong is left out of the filter, which lets through more than was meant. */
  wider?: true;
}

/** A filter that lets all keys through. */
export const NO_FILTER: KeyFilter = {
  q: '',
  state: '',
  role: '',
  pool: '',
  owner: '',
  label: [],
  tenant: '',
  endpoint: '',
  unused: '',
  expires: '',
};

/** Reads a search. */
export function readSearch(text: string): Reading {
  const filter: KeyFilter = { ...NO_FILTER, label: [] };
  const tokens = tokensOf(withoutSecret(text)).map(read);
  const words: string[] = [];
  let wrong: string | undefined;
  let wider: true | undefined;
  for (const { token, without, field, value } of tokens) {
    if (!field) {
      wrong ??= misspelt(token);
      words.push(token);
      continue;
    }
    if (!value) {
      continue; // not typed yet
    }
    // One of several is no filter's value.
    const several =
      field !== 'label' && tokens.filter((one) => !one.without && one.field === field && one.value).length > 1;
    const asWord = without || several;
    const fault = take(asWord ? { ...NO_FILTER, label: [] } : filter, field, value);
    wrong ??= fault;
    if (fault) {
      wider = true;
    } else if (asWord) {
      words.push(token);
    }
  }
  return { filter: { ...filter, q: words.join(' ') }, wrong, wider };
}

/** Writes a filter as the search that stands for it. */
export function writeSearch(filter: KeyFilter): string {
  const said = FIELDS.flatMap((field) =>
    [filter[field]].flat().flatMap((value) => (value ? [`${field}:${quote(shown(field, value))}`] : []))
  );
  return [...(filter.q ? [filter.q] : []), ...said].join(' ');
}

/** Whether two filters let the same keys through. */
export const sameFilter = (a: KeyFilter, b: KeyFilter): boolean => writeSearch(a) === writeSearch(b);

/** The token at the end that is being typed, and all before it. */
export function lastToken(text: string): [before: string, token: string] {
  const token = /(?:[^\s"]|"[^"]*"?)*$/.exec(text)?.[0] ?? '';
  return [text.slice(0, text.length - token.length), token];
}

/** A value as it is written: in quotes if it holds spaces. */
export const quote = (value: string): string => (/[\s"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value);

/** Roles are written small, as people type them. */
const shown = (field: Field, value: string) => (field === 'role' ? value.toLowerCase() : value);

/** What a token says of keys; with a minus, of those that are left out. */
function read(token: string): { token: string; without: boolean; field?: Field; value: string } {
  const without = /^-./.test(token);
  const [name, value] = parts(without ? token.slice(1) : token);
  return { token, without, field: FIELDS.find((one) => one === name.toLowerCase()), value };
}

const tokensOf = (text: string) => text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];

function parts(token: string): [name: string, value: string] {
  const at = token.indexOf(':');
  return at < 0
    ? ['', token]
    : [
        token.slice(0, at),
        token
          .slice(at + 1)
          .replaceAll('"', '')
          .trim(),
      ];
}

/** Takes a value up into the filter, or says what is wrong with it. */
function take(filter: KeyFilter, field: Field, value: string): string | undefined {
  switch (field) {
    case 'role':
    case 'state': {
      const all: readonly string[] = field === 'role' ? ROLES : STATES;
      const known = all.find((one) => one.toLowerCase() === value.toLowerCase());
      if (!known) {
        return noneOf(
          value,
          all.map((one) => one.toLowerCase())
        );
      }
      Object.assign(filter, { [field]: known });
      return undefined;
    }
    case 'unused':
    case 'expires':
      if (!parseTtl(value) && !(field === 'unused' && value === NEVER)) {
        return t('search.not-a-span', 'Write {{field}}: with a time such as 30d or 12h.', { field });
      }
      filter[field] = value;
      return undefined;
    case 'label':
      filter.label.push(value);
      return /^[a-z][a-z0-9_-]*(=|$)/.test(value)
        ? undefined
        : (filter.label.pop(),
          t('search.not-a-label', 'Write label: with a name, or a name and a value: label:team=sre.'));
    case 'tenant':
    case 'endpoint': {
      const fault = field === 'tenant' ? checkTenants([value]) : checkEndpoints([value]);
      filter[field] = fault ? '' : value;
      return fault;
    }
    default:
      filter[field] = value;
      return undefined;
  }
}

/** Says what was meant by a word that is almost a field; addresses have colons too. */
function misspelt(token: string): string | undefined {
  const [name] = parts(token.replace(/^-/, ''));
  const unwanted = FIELDS.find((field) => name.toLowerCase() === `!${field}`);
  if (unwanted) {
    return meantTo(name, `-${unwanted}`);
  }
  if (!/^[a-z]{3,}$/i.test(name) || token.includes('//')) {
    return undefined;
  }
  // Of a short word, two letters are most of it.
  const meant = FIELDS.find((field) => distance(field, name.toLowerCase()) <= (name.length < 5 ? 1 : 2));
  return meant && meantTo(name, meant);
}

const meantTo = (name: string, meant: string) =>
  t('search.meant', '“{{name}}:” is searched for as a word. Did you mean {{meant}}:?', { name, meant });

/** How many letters differ, as they are typed wrongly: put in, left out, or others. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
