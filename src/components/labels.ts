import { t } from '../i18n';

/*
 * The labels of a key as they are typed, team=sre, and as the API takes them.
 */

/** A key's labels as they would be typed, by name. */
export const toTexts = (labels: Record<string, string>): string[] =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort();

/** The labels that are typed; of two with the same name the last counts. */
export const toLabels = (texts: readonly string[]): Record<string, string> => Object.fromEntries(texts.map(split));

/** The name and the value of a label that is typed. */
export function split(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** The labels, or their names, that are typed into one field, with commas between them as in the form of a key. */
export const apart = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

type Labels = Record<string, string>;

/**
 * Labels as they are now, with a change made to them that was made to others: what somebody else changed since stays.
 * @param before the labels before the change
 * @param after those after it
 */
export const changed = (now: Labels, before: Labels, after: Labels): Labels =>
  set(now, differingNames(before, after), after);

/**
 * Labels as they are now, with what was changed in others taken back: what somebody else changed since stays.
 * @param before the labels before the change
 * @param after those after it
 */
export const takenBack = (now: Labels, before: Labels, after: Labels): Labels =>
  set(
    now,
    differingNames(before, after).filter((name) => now[name] === after[name]),
    before
  );

/** Whether somebody changed one of the labels since that a change made of others. */
export const overtaken = (now: Labels, before: Labels, after: Labels): boolean =>
  differingNames(before, after).some((name) => now[name] !== after[name]);

const differingNames = (before: Labels, after: Labels): string[] =>
  Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);

/** Labels with those of some names as they are in others, or without them. */
function set(now: Labels, names: readonly string[], to: Labels): Labels {
  const labels = { ...now };
  for (const name of names) {
    if (name in to) {
      labels[name] = to[name];
    } else {
      delete labels[name];
    }
  }
  return labels;
}

/** What is wrong with labels that are typed, undefined if nothing is. */
export function checkLabels(texts: readonly string[]): string | undefined {
  return texts.map(checkLabel).find(Boolean);
}

function checkLabel(text: string): string | undefined {
  const [name, value] = split(text);
  if (!value) {
    return t('labels.no-value', 'Write “{{text}}” with a value, such as team=sre.', { text });
  }
  return /^[a-z][a-z0-9_-]{0,31}$/.test(name)
    ? undefined
    : t('labels.name', '“{{name}}” is no name of a label: small letters first, then also digits, _ and -.', { name });
}
