import { gateUrl } from './useGate';

test.each([
  ['127.0.0.1:7172', 'http://127.0.0.1:7172'],
  ['http://127.0.0.1:7172', 'http://127.0.0.1:7172'],
  ['https://gate.example.org', 'https://gate.example.org'],
  ['https://gate.example.org/', 'https://gate.example.org'],
  ['[2001:db8::7]:7172', 'http://[2001:db8::7]:7172'],
  [':7172', 'http://grafana.example.org:7172'],
  ['0.0.0.0:7172', 'http://grafana.example.org:7172'],
  ['https://[::]:7172', 'https://grafana.example.org:7172'],
])('a listener at %s is reached at %s', (listen, url) =>
  expect(gateUrl(listen, 'https://grafana.example.org/graph/')).toBe(url)
);

test('without a page to go by, a listener for any address is on this machine', () =>
  expect(gateUrl(':7172', '')).toBe('http://127.0.0.1:7172'));
