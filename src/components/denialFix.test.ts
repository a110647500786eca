import { readFileSync } from 'fs';

import { aDenial, aKey, POLICY } from '../test/fixtures';
import { causeOf, fixFor, isFixable, nextStep, whyRefused } from './denialFix';

/** Sentences of the server by their cause; in Go's room, since the build copies each .json of src/ into the plugin. */
const causes: Record<string, string[]> = JSON.parse(readFileSync('desktop/state/testdata/causes.json', 'utf8'));

test.each(Object.entries(causes).flatMap(([cause, reasons]) => reasons.map((reason) => [cause, reason])))(
  'a request that is not allowed: %s, %s',
  (cause, reason) => {
    const denial = aDenial({ code: 'forbidden', reason });
    expect(causeOf(denial)).toBe(cause);
    expect(Boolean(nextStep(denial))).toBe(cause !== 'other');
    expect(causeOf({ ...denial, code: 'expired' })).toBe('other');
  }
);

test.each([
  ['expired', 'The API key expired at 2026-11-20T00:00:00Z. Ask for a new one.', 'Key has expired'],
  ['missing_credentials', 'The request holds no API key. Send one as …', 'No key was sent'],
  [
    'forbidden',
    'The API key may not be used from the address 192.0.2.7. Use it …',
    'Its key may not be used from 192.0.2.7',
  ],
  [
    'forbidden',
    'The API key has the role Viewer, which does not grant write; use one with Editor or Admin.',
    'The API key has the role Viewer, which does not grant write; use one with Editor or Admin',
  ],
  [
    'forbidden',
    'The API key is limited to other endpoints than "kuma".',
    'Its key is limited to other endpoints than kuma',
  ],
  [
    'limited',
    'The API key is over its limit of 1.5 MB a second. Wait.',
    'The API key is over its limit of 1.5 MB a second',
  ],
  ['a_newer_one', '', 'a_newer_one'],
])('why a request was refused is said once: %s', (code, reason, text) => {
  const denial = aDenial({ code, reason, address: '192.0.2.7', endpoint: 'kuma' });
  expect(whyRefused(denial)).toEqual({ text, detail: '' });
  expect(nextStep(denial)).not.toContain(text);
});

const notFromThere = aDenial({
  code: 'forbidden',
  reason: 'The API key may not be used from the address 192.0.2.7.',
  address: '192.0.2.7',
});

test('an address is added to those that are allowed', () => {
  const fix = fixFor(notFromThere, aKey({ allowedCidrs: ['10.0.0.0/8'] }), POLICY);
  expect(fix?.change).toEqual({ allowedCidrs: ['10.0.0.0/8', '192.0.2.7'] });
  expect([fix?.from, fix?.to]).toEqual(['10.0.0.0/8', '10.0.0.0/8, 192.0.2.7']);
});

test('a key that was changed meanwhile needs no fix, and one that lets all in is not narrowed', () => {
  expect(fixFor(notFromThere, aKey({ allowedCidrs: ['192.0.2.7'] }), POLICY)).toBeUndefined();
  expect(fixFor(notFromThere, aKey({ allowedCidrs: [] }), POLICY)).toBeUndefined();
  expect(fixFor(aDenial({ code: 'disabled' }), aKey({ state: 'active' }), POLICY)).toBeUndefined();
});

test('an endpoint is added; a disabled key is enabled', () => {
  const elsewhere = aDenial({
    code: 'forbidden',
    reason: 'The API key is limited to other endpoints than "loki".',
    endpoint: 'loki',
  });
  expect(fixFor(elsewhere, aKey({ endpoints: ['kuma'] }), POLICY)?.change).toEqual({ endpoints: ['kuma', 'loki'] });
  expect(fixFor(aDenial({ code: 'disabled' }), aKey({ state: 'disabled' }), POLICY)?.change).toEqual({ enabled: true });
});

test('an expired key is extended by as much as new ones live', () => {
  const key = aKey({ state: 'expired', expiresAt: '2026-11-20T00:00:00Z' });
  const now = new Date('2026-11-28T12:00:00.500Z').getTime();
  expect(fixFor(aDenial({ code: 'expired' }), key, POLICY, now)?.change).toEqual({ expiresAt: '2027-02-26T12:00:00Z' });
  // The token alone has ended: another end of the key would not help.
  expect(fixFor(aDenial({ code: 'expired' }), aKey(), POLICY)).toBeUndefined();
});

test('what no change to a key can help is not offered', () => {
  expect(isFixable(notFromThere)).toBe(true);
  expect(isFixable({ ...notFromThere, keyName: '' })).toBe(false);
  expect(isFixable({ ...notFromThere, address: '' })).toBe(false);
  for (const code of ['revoked', 'invalid_token', 'missing_credentials', 'limited', 'unavailable']) {
    expect(isFixable(aDenial({ code }))).toBe(false);
  }
});
