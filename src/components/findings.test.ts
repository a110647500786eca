import { readRequest, tokenIn } from './findings';

const TOKEN = `ost_4fjK2n0qPz7a_${'a'.repeat(49)}`;

test.each([
  [TOKEN, TOKEN],
  [` ${TOKEN}\n`, TOKEN],
  [`Authorization: Bearer ${TOKEN}`, TOKEN],
  [`bearer_token = "${TOKEN}",`, TOKEN],
  [`https://api_key:${TOKEN}@gate/loki`, TOKEN],
  [`${TOKEN}x`, `${TOKEN}x`], // more than a token is none
  ['Bearer uk1_abc', 'uk1_abc'],
  ['"glsa_abc"', 'glsa_abc'],
  ["it's", "it's"],
])('%j holds %j', (text, token) => expect(tokenIn(text)).toBe(token));

test.each([
  ['POST /loki/api/v1/push', { method: 'POST', path: '/loki/api/v1/push' }],
  ['/metrics', { method: 'GET', path: '/metrics' }],
  ['https://gate:7172/loki/api/v1/query?query={a="b"}', { method: 'GET', path: '/loki/api/v1/query' }],
  ['"GET /a?b HTTP/1.1" 200', { method: 'GET', path: '/a' }], // of an access log
  ['DELETE http://gate', { method: 'DELETE', path: '/' }],
  ['', undefined],
  ['push', undefined],
])('%s', (text, request) => expect(readRequest(text)).toEqual(request));
