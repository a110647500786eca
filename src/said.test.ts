import german from './locales/de-DE/ostiary-apikeys-app.json';
import { described, known, learn, said } from './said';

afterEach(() => learn({}));

test('what the server says is given in the reader’s language', () => {
  learn(german.server);
  expect(said('"10.0.0.0/40" is not an address block; write it like 10.0.0.0/8 or 2001:db8::/32')).toBe(
    '„10.0.0.0/40“ ist kein Adressblock; schreiben Sie ihn wie 10.0.0.0/8 oder 2001:db8::/32'
  );
  expect(said('has 40 entries; at most 32 are allowed')).toBe('hat 40 Einträge; höchstens 32 sind erlaubt');
});

test('a value that is a sentence is given in it too', () => {
  learn({
    'its {{1}} {{2}}': '{{1}}: {{2}}',
    'is missing': 'fehlt',
    'it is {{1}}; take {{2}}': 'nehmen Sie {{2}}, nicht {{1}}',
  });
  expect(said('its name is missing')).toBe('name: fehlt');
  expect(said('it is $& (a+b); take {{1}}')).toBe('nehmen Sie {{1}}, nicht $& (a+b)');
});

test('a name keeps its words, in the reader’s quotation marks', () => {
  learn({ '"{{1}}"': '«\u00a0{{1}}\u00a0»', '{{1}} is missing': 'il manque {{1}}', 'is gone': 'wrong' });
  expect(said('"a \\"b\\" is gone" is missing')).toBe('il manque «\u00a0a "b" is gone\u00a0»');
  expect(said('"is gone" is missing')).toBe('il manque «\u00a0is gone\u00a0»');
  expect(said('"$& new"')).toBe('"$& new"');
});

test('several values are given one by one', () => {
  learn({
    'used{{1}}.': 'benutzt{{1}}.',
    ': from {{1}}': ': von {{1}}',
    '{{1}}, {{2}} requests': '{{1}}, {{2}} Anfragen',
  });
  expect(said('used: from 10.0.0.1 (X (Y; Z)), 7 requests; 10.0.0.2.')).toBe(
    'benutzt: von 10.0.0.1 (X (Y; Z)), 7 Anfragen; 10.0.0.2.'
  );
});

test('the sentence with the most words of its own is meant', () => {
  learn({ 'its {{1}} {{2}}': 'wrong', 'its hash is too {{1}}': 'Hash zu {{1}}' });
  expect(said('its hash is too long')).toBe('Hash zu long');
});

test('several sentences are given one by one, and only all of them', () => {
  learn({ 'It is gone.': 'Es ist weg.', 'Ask {{1}}.': 'Fragen Sie {{1}}.' });
  expect(said('It is gone. Ask ada.')).toBe('Es ist weg. Fragen Sie ada.');
  expect(known('It is gone. Something new.')).toBeUndefined();
  expect(said('It is gone. Something new.')).toBe('It is gone. Something new.');
});

test('what an import wrote about a key is given in it, and nothing that people wrote', () => {
  learn(german.server);
  expect(described('Taken over from Grafana.')).toBe('Aus Grafana übernommen.');
  for (const text of ['', 'Taken over from Grafana. By me', 'It was never used.']) {
    expect(described(text)).toBe(text);
  }
});

test('nothing is known in English', () => {
  expect(known('It is gone.')).toBeUndefined();
  expect(said('It is gone.')).toBe('It is gone.');
});
