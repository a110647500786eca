import { lastToken, NO_FILTER, readSearch, writeSearch } from './search';
import type { KeyFilter } from './useKeyList';

const filter = (change: Partial<KeyFilter>): KeyFilter => ({ ...NO_FILTER, ...change });

test.each<[string, Partial<KeyFilter>]>([
  ['', {}],
  ['edge agents', { q: 'edge agents' }],
  ['10.0.0.7 2001:db8::7', { q: '10.0.0.7 2001:db8::7' }],
  ['http://host:80/ x', { q: 'http://host:80/ x' }],
  ['"two words" role:agent', { q: '"two words"', role: 'Agent' }],
  ['ROLE:Viewer State:Revoked', { role: 'Viewer', state: 'revoked' }],
  ['owner:"Ada Lovelace" pool:edge', { owner: 'Ada Lovelace', pool: 'edge' }],
  ['label:team=sre label:env kuma', { label: ['team=sre', 'env'], q: 'kuma' }],
  ['label:"team=two words"', { label: ['team=two words'] }],
  ['tenant:* endpoint:loki unused:45d expires:12h', { tenant: '*', endpoint: 'loki', unused: '45d', expires: '12h' }],
  ['unused:never', { unused: 'never' }],
  ['role: owner:', {}], // not typed yet
  // A token's secret goes into no address; its public part finds the key.
  [`ost_4fjK2n0qPz7a_${'a'.repeat(49)}`, { q: '4fjK2n0qPz7a' }],
  ['-ost_4fjK2n0qPz7a_…bEaM edge', { q: '-4fjK2n0qPz7a edge' }],
  [`owner:ost_4fjK2n0qPz7a_${'a'.repeat(49)}`, { owner: '4fjK2n0qPz7a' }],
])('%s', (text, meant) => {
  expect(readSearch(text)).toEqual({ filter: filter(meant), wrong: undefined });
  // What is written is read as the same.
  expect(readSearch(writeSearch(filter(meant))).filter).toEqual(filter(meant));
});

test.each([
  ['role:agnet', '“agnet” is none of admin, editor, viewer, agent.'],
  ['state:on', '“on” is none of active, disabled, expired, revoked.'],
  ['expires:never', 'Write expires: with a time such as 30d or 12h.'],
  ['unused:long', 'Write unused: with a time such as 30d or 12h.'],
  ['expires:0', 'Write expires: with a time such as 30d or 12h.'],
  ['label:=x', 'Write label: with a name, or a name and a value: label:team=sre.'],
  ['tenant:a/b', '“a/b” is no name of a tenant, such as team-a.'],
  ['endpoint:/x', '“/x” is no name of an endpoint, such as pyroscope.'],
])('%s is wrong, and says how', (text, words) => {
  expect(readSearch(`kuma ${text}`)).toEqual({ filter: filter({ q: 'kuma' }), wrong: words, wider: true });
});

test('a misspelt field is a word, with a hint', () => {
  expect(readSearch('onwer:ada')).toEqual({
    filter: filter({ q: 'onwer:ada' }),
    wrong: '“onwer:” is searched for as a word. Did you mean owner:?',
  });
  expect(readSearch('rol:agent').wrong).toBe('“rol:” is searched for as a word. Did you mean role:?');
  expect(readSearch('localhost:80').wrong).toBeUndefined();
  expect(readSearch('foo:80').wrong).toBeUndefined();
});

test.each<[string, Partial<KeyFilter>]>([
  ['-role:agent', { q: '-role:agent' }],
  ['-owner:"Ada Lovelace" pool:edge', { q: '-owner:"Ada Lovelace"', pool: 'edge' }],
  ['-kuma -"two words" -', { q: '-kuma -"two words" -' }],
  ['role:agent role:viewer', { q: 'role:agent role:viewer' }],
  ['role:agent -role:viewer', { role: 'Agent', q: '-role:viewer' }],
  ['tenant:a tenant:b label:a label:b', { q: 'tenant:a tenant:b', label: ['a', 'b'] }],
  ['role:agent role:', { role: 'Agent' }],
  ['-role:', {}], // not typed yet
])('%s stays as it is where no filter says it', (text, meant) => {
  expect(readSearch(text)).toEqual({ filter: filter(meant), wrong: undefined });
  expect(readSearch(writeSearch(filter(meant))).filter).toEqual(filter(meant));
});

test('what is left out is looked at as what is wanted', () => {
  expect(readSearch('-role:agnet').wrong).toBe('“agnet” is none of admin, editor, viewer, agent.');
  expect(readSearch('-rol:agent').wrong).toBe('“rol:” is searched for as a word. Did you mean role:?');
  expect(readSearch('!owner:ada').wrong).toBe('“!owner:” is searched for as a word. Did you mean -owner:?');
});

test('what is being typed is the end of the text', () => {
  expect(lastToken('kuma role:ag')).toEqual(['kuma ', 'role:ag']);
  expect(lastToken('kuma ')).toEqual(['kuma ', '']);
  expect(lastToken('owner:"Ada Lo')).toEqual(['', 'owner:"Ada Lo']);
});
