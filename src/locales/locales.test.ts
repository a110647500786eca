import { readdirSync, readFileSync, writeFileSync } from 'fs';
import path from 'path';
import ts from 'typescript';
import { LANGUAGES } from '../i18n';

/*
 * One catalogue for the pages and the desktop program, a file for each language. The pages' English texts stand in the
 * code, and `npm run i18n` writes them into en-US; under "desktop" is what only the desktop program says, and
 * under "server" what the server says, which is held to its code by the desktop's tests. The other languages must have
 * the same keys and the same values to fill in.
 */

type Tree = { [name: string]: string | Tree };

const SOURCE = path.resolve(__dirname, '..');
const fileOf = (language: string) => path.join(__dirname, language, 'ostiary-apikeys-app.json');
const read = (language: string): Tree => JSON.parse(readFileSync(fileOf(language), 'utf8'));

/** All calls of t() in the sources, as flat keys with their texts. */
function textsInCode(): Record<string, string> {
  const texts: Record<string, string> = {};
  const add = (key: string, text: string) => {
    if (texts[key] !== undefined && texts[key] !== text) {
      throw new Error(`${key} has two texts: “${texts[key]}” and “${text}”`);
    }
    texts[key] = text;
  };
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 't') {
      const [key, text, values] = node.arguments;
      if (!ts.isStringLiteralLike(key) || !ts.isStringLiteralLike(text)) {
        return; // the definition of t itself
      }
      const plurals =
        values && ts.isObjectLiteralExpression(values) ? values.properties.filter(ts.isPropertyAssignment) : [];
      const forms = plurals.filter((property) => property.name.getText().startsWith('defaultValue_'));
      forms.forEach(({ name, initializer }) =>
        add(key.text + name.getText().slice('defaultValue'.length), (initializer as ts.StringLiteral).text)
      );
      if (!forms.length) {
        add(key.text, text.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /\.tsx?$/.test(name) && !/\.test\.|schema\.ts$/.test(name))) {
    visit(ts.createSourceFile(file, readFileSync(path.join(SOURCE, file), 'utf8'), ts.ScriptTarget.Latest, true));
  }
  return texts;
}

function nested(flat: Record<string, string>): Tree {
  const tree: Tree = {};
  for (const [key, text] of Object.entries(flat).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = key.split('.');
    const last = names.pop()!;
    const place = names.reduce((at, name) => (at[name] ??= {}) as Tree, tree);
    place[last] = text;
  }
  return tree;
}

function flat(tree: Tree, prefix = ''): Record<string, string> {
  return Object.entries(tree).reduce(
    (all, [name, value]) =>
      typeof value === 'string' ? { ...all, [prefix + name]: value } : { ...all, ...flat(value, `${prefix}${name}.`) },
    {}
  );
}

const slots = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

const english: Tree = Object.fromEntries(
  Object.entries({ ...nested(textsInCode()), desktop: read('en-US').desktop, server: read('en-US').server }).sort(
    ([a], [b]) => (a < b ? -1 : 1)
  )
);
if (process.env.UPDATE_LOCALES) {
  writeFileSync(fileOf('en-US'), JSON.stringify(english, null, 2) + '\n');
}

test('the English file holds the texts of the code; npm run i18n makes it', () => {
  expect(read('en-US')).toEqual(english);
});

describe.each(Object.keys(LANGUAGES).filter((language) => language !== 'en-US'))('%s', (language) => {
  const texts = flat(read(language));

  test('is complete and holds nothing that is not used', () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(flat(english)).sort());
  });

  test('fills in the same values', () => {
    for (const [key, text] of Object.entries(flat(english))) {
      expect([key, slots(texts[key] ?? '')]).toEqual([key, slots(text)]);
    }
  });

  test('leaves no text empty', () => {
    expect(Object.entries(texts).filter(([, text]) => text === '')).toEqual([]);
  });
});

/** What of a text is written for people; in braces and behind a name and a colon is code. */
const prose = (text: string) => text.replace(/\{.*?\}|"\w+": \w+|upstream: ".*?"|% ; \? # \\|! - _/g, '…');

test('German texts have German quotation marks', () => {
  for (const text of Object.values(flat(read('de-DE')))) {
    expect(prose(text)).not.toMatch(/["”«»]|„[^“]*$|^[^„]*“/);
  }
});

test('French texts have French quotation marks, and no line begins with a mark that ends something', () => {
  for (const text of Object.values(flat(read('fr-FR')))) {
    expect(prose(text)).not.toMatch(/["„“”]|«(?!\u00a0)|(?<!\u00a0)»|(?<=\S) [;:?!](?=\s|$)/);
  }
});

test('plugin.json names the languages whose files there are', () => {
  const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(LANGUAGES).sort());
});

test('each language is offered under its own name', () => {
  expect(LANGUAGES).toMatchObject({ 'en-US': 'English', 'de-DE': 'Deutsch', 'fr-FR': 'Français' });
});
