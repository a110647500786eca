import { DEFAULT_LANGUAGE, initPluginTranslations, t as translate, type Resources } from '@grafana/i18n';
import { PLUGIN_ID } from './constants';
import plugin from './plugin.json';
import { learn } from './said';

/** The languages that the pages speak, by their codes, under their own names. Each is a file in src/locales. */
export const LANGUAGES: Record<string, string> = Object.fromEntries(
  plugin.languages.map((code) => [code, ownName(code)])
);

let language: string = DEFAULT_LANGUAGE;
let loading: Promise<void> | undefined;

/**
 * The texts that were looked up, once the language is known; it stays for as long as the page. The library takes its
 * time for each, and a table has hundreds.
 */
let known: Map<string, string> | undefined;

/** The texts of a language, out of a file that is loaded when it is needed; none for one that the pages do not speak. */
export async function loadTexts(code: string): Promise<Resources> {
  if (!(code in LANGUAGES)) {
    return {};
  }
  const file = await import(/* webpackChunkName: "texts-[request]" */ `./locales/${code}/ostiary-apikeys-app.json`);
  const { server, ...texts } = file.default;
  if (code !== DEFAULT_LANGUAGE) {
    learn(server);
  }
  return texts;
}

/** What a language is called in itself. */
function ownName(code: string): string {
  const [language] = code.split('-');
  const name = new Intl.DisplayNames([code], { type: 'language' }).of(language) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
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
