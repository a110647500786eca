import { toApiError } from './errors';
import type { Problem } from './types';

let mockLanguage = 'en-US';

jest.mock('../i18n', () => ({
  currentLanguage: () => mockLanguage,
  t: (_: string, text: string, values: Record<string, string> = {}) =>
    text.replace(/{{(\w+)}}/g, (_, name: string) => values[name]),
}));

/** What is said of a problem in a language. */
function said(language: string, problem: Partial<Problem>): string {
  mockLanguage = language;
  return toApiError({ status: 409, config: { url: '' }, data: problem }).message;
}

const detail = 'The key is revoked: it stays so.';

test('in English the server’s own words are shown', () => {
  expect(said('en-US', { code: 'conflict', detail })).toBe(detail);
  expect(said('en-US', { code: 'duplicate_name', detail: 'Another key has the name "a".' })).toMatch('"a"');
});

test('in other languages its code is, and its words where they say more', () => {
  expect(said('de-DE', { code: 'conflict', detail })).toBe(
    `As things are, this cannot be done. In the server’s words: ${detail}`
  );
  expect(said('fr-FR', { code: 'duplicate_name', detail: 'Another key has the name "a".' })).toBe(
    'That name is taken. Choose another one.'
  );
});

test('what stands at its field is not said twice', () => {
  const errors = [{ field: 'pool', detail: 'There is no such pool.' }];
  expect(said('de-DE', { code: 'invalid_request', detail: 'pool: There is no such pool.', errors })).toBe(
    'Something of it is not valid.'
  );
});

test('a code that is newer than the page is said in the server’s words', () => {
  expect(said('de-DE', { code: 'brand_new' as Problem['code'], detail })).toBe(detail);
});
