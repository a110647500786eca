import { gateUrl } from './useGate';

const at = (url: string, anyAddress = false) => ({ url, anyAddress, certificate: '' });

test.each([
  [at('http://127.0.0.1:7172'), 'http://127.0.0.1:7172'],
  [at('https://gate.example.org/keys'), 'https://gate.example.org/keys'],
  [at('http://127.0.0.1:7172', true), 'http://grafana.example.org:7172'],
  [at('https://127.0.0.1:443', true), 'https://grafana.example.org'],
  [at(''), ''],
])('a gate at %j is reached at %s', (gate, url) =>
  expect(gateUrl(gate, 'https://grafana.example.org/graph/')).toBe(url)
);

test('a page that is seen at an address of IPv6 finds the gate there', () =>
  expect(gateUrl(at('http://127.0.0.1:7172', true), 'http://[2001:db8::7]:3000/')).toBe('http://[2001:db8::7]:7172'));

test('without a page to go by, a gate at any address is on this machine', () =>
  expect(gateUrl(at('http://127.0.0.1:7172', true), '')).toBe('http://127.0.0.1:7172'));
