import { checkAddresses, checkEndpoints } from './limits';

test.each(['', ' ', '10.0.0.0/8', '127.0.0.1, ::1', '2001:db8::/32 ,10.1.2.3/32', '::ffff:1.2.3.4'])(
  '“%s” are addresses',
  (text) => expect(checkAddresses(text)).toBeUndefined()
);

test.each([
  '10.0.0.256',
  '10.0.0.0/33',
  '::1/129',
  '10.0.0',
  'localhost',
  '1:2:3',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  'fe80::1%eth0',
])('“%s” is none', (text) =>
  expect(checkAddresses(`127.0.0.1, ${text}`)).toBe(`“${text}” is no address and no block, such as 10.0.0.0/8.`)
);

test('endpoints are called by letters, digits, dots, hyphens and underscores', () => {
  expect(checkEndpoints([])).toBeUndefined();
  expect(checkEndpoints(['kuma', 'pyro_scope.2-b'])).toBeUndefined();
  expect(checkEndpoints(['kuma', '/metrics'])).toBe('“/metrics” is no name of an endpoint, such as pyroscope.');
});
