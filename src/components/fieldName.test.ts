import { readFileSync } from 'fs';
import path from 'path';
import english from '../locales/en-US/ostiary-apikeys-app.json';
import { fieldName } from './fieldName';

/** The text of the catalogue that a field has in the desktop program, whose tests hold it to what the server writes. */
const desktop = [
  ...readFileSync(path.join(__dirname, '../../desktop/words/fields.go'), 'utf8').matchAll(/^\t"(.+?)": +"(.+)",$/gm),
].map(([, field, key]) => [field, key]);

const textOf = (key: string) =>
  key.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], english);

test('there are fields', () => expect(desktop.length).toBeGreaterThan(40));

test.each(desktop)('%s is called as in the desktop program', (field, key) => {
  expect(fieldName(field)).toBe(textOf(key));
});

test('a field that is not known appears as the server calls it', () => {
  expect(fieldName('somethingNew')).toBe('somethingNew');
  expect(fieldName('constructor')).toBe('constructor');
});
