import { checkLimit, formatBytes, parseBytes, toLimits, typeLimits, type TypedLimits } from './amounts';

const none: TypedLimits = typeLimits({});

test.each([
  ['5 MB', 5e6],
  ['5mb', 5e6],
  ['512 KiB', 524288],
  ['1,5 GB', 1.5e9],
  ['1.5GB', 1.5e9],
  ['1024', 1024],
  ['10 B', 10],
  ['', undefined],
  ['MB', undefined],
  ['5 MX', undefined],
  ['-5 MB', undefined],
  ['1.2.3 MB', undefined],
  ['99999999999 TB', undefined],
])('%j is %j bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each([1, 999, 1000, 1024, 1500, 5e6, 524288, 123456789, 1.5e9, 2 ** 40, 1e15])(
  'what is written for %d bytes is read as that',
  (bytes) => expect(parseBytes(formatBytes(bytes))).toBe(bytes)
);

test('limits go through the form and back', () => {
  const limits = {
    requestsPerSecond: 50,
    burst: 100,
    concurrent: 0,
    requestsPerDay: 0,
    bytesPerSecond: 5e6,
    bytesPerDay: 0,
  };
  expect(typeLimits(limits)).toEqual({ ...none, requestsPerSecond: '50', burst: '100', bytesPerSecond: '5 MB' });
  expect(toLimits(typeLimits(limits))).toEqual(limits);
});

test('each field says what is wrong with it', () => {
  expect(checkLimit('concurrent', { ...none, concurrent: '1.5' })).toMatch(/whole number/);
  expect(checkLimit('bytesPerDay', { ...none, bytesPerDay: 'much' })).toMatch(/5 MB/);
  expect(checkLimit('burst', { ...none, burst: '5' })).toMatch(/requests per second/);
  expect(checkLimit('burst', { ...none, burst: '5', requestsPerSecond: '5' })).toBeUndefined();
  expect(checkLimit('burst', none)).toBeUndefined();
});
