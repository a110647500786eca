import { DEFAULT_LANGUAGE, initPluginTranslations, t as translate, type Resources } from '@grafana/i18n';
import { PLUGIN_ID } from './constants';

/** The languages that the pages speak, by their codes, under their own names. */
export const LANGUAGES: Record<string, string> = { [DEFAULT_LANGUAGE]: 'English', 'de-DE': 'Deutsch' };

let language: string = DEFAULT_LANGUAGE;
let loading: Promise<void> | undefined;

/**
 * The texts that were looked up, once the language is known; it stays for as long as the page. The library takes its
 * time for each, and a table has hundreds.
 */
let known: Map<string, string> | undefined;

/** Each language's texts, in a file of their own that is loaded when it is needed. */
const TEXTS: Record<string, () => Promise<{ default: Resources }>> = {
  [DEFAULT_LANGUAGE]: () => import(/* webpackChunkName: "texts-en-US" */ './locales/en-US/ostiary-apikeys-app.json'),
  'de-DE': () => import(/* webpackChunkName: "texts-de-DE" */ './locales/de-DE/ostiary-apikeys-app.json'),
};

/** The texts of a language; none for one that the pages do not speak. */
export async function loadTexts(code: string): Promise<Resources> {
  return TEXTS[code] ? (await TEXTS[code]()).default : {};
}

/**
 * Makes the texts of the user's language available; texts that it lacks appear in English.
 * Grafana loads them by itself only from 12.1 on, so the loader is always given.
 */
export function initTranslations(): Promise<void> {
  loading ??= initPluginTranslations(PLUGIN_ID, [loadTexts]).then((result) => {
    language = result.language in LANGUAGES ? result.language : DEFAULT_LANGUAGE;
    known = new Map();
  });
  return loading;
}

/** The code of the language in use, for Intl. */
export function currentLanguage(): string {
  return language;
}

/**
 * The text under a key, with `{{name}}` replaced by the value of that name. `count` chooses between
 * `defaultValue_one` and `defaultValue_other`. React escapes what it shows, so the values are not escaped here.
 */
export function t(key: string, text: string, values?: Record<string, unknown>): string {
  if (!known || values?.count !== undefined) {
    return translate(key, text, { ...values, interpolation: { escapeValue: false } });
  }
  let found = known.get(key);
  if (found === undefined) {
    found = translate(key, text, { skipInterpolation: true });
    known.set(key, found);
  }
  return values ? found.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name] ?? '')) : found;
}
