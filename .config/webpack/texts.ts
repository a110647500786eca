import type { RuleSetRule } from 'webpack';

const without =
  (...parts: string[]) =>
  (json: string) =>
    Object.fromEntries(Object.entries(JSON.parse(json)).filter(([name]) => !parts.includes(name)));

/**
 * What pages take of the catalogue: not what the desktop program alone says, nor in English what the server says, which
 * says it in English itself.
 */
export const texts: RuleSetRule[] = [
  { test: /locales[\\/]en-US[\\/].+\.json$/, type: 'json', parser: { parse: without('desktop', 'server') } },
  { test: /locales[\\/](?!en-US).+\.json$/, type: 'json', parser: { parse: without('desktop') } },
];
