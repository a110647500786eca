import { aToken, POLICY } from '../test/fixtures';
import {
  checkLifetime,
  defaultLifetime,
  endOf,
  endsSooner,
  isNear,
  lifetimeAgain,
  lifetimeOptions,
  toLifetime,
  type LifetimeChoice,
} from './lifetime';

const DAY = 86400;
const now = Date.parse('2026-11-21T12:00:00Z');
const choice = (kind: LifetimeChoice['kind'], rest: Partial<LifetimeChoice> = {}): LifetimeChoice => ({
  kind,
  date: '',
  seconds: '',
  ...rest,
});
const kinds = (policy = POLICY, keep: string | false = false) =>
  lifetimeOptions(policy, keep).map(({ value }) => value);

test('without a limit everything is offered, and the default is chosen', () => {
  expect(kinds()).toEqual([`ttl:${30 * DAY}`, `ttl:${90 * DAY}`, `ttl:${365 * DAY}`, 'date', 'seconds', 'never']);
  expect(defaultLifetime(POLICY).kind).toBe(`ttl:${90 * DAY}`);
});

test('a key that would end sooner than it does is found', () => {
  const inHalfAYear = '2027-05-21T12:00:00Z';
  expect(endsSooner(choice(`ttl:${90 * DAY}`), inHalfAYear, now)).toBe(true);
  expect(endsSooner(choice('date', { date: '2027-01-01' }), inHalfAYear, now)).toBe(true);
  expect(endsSooner(choice('seconds', { seconds: '60' }), null, now)).toBe(true);
  expect(endsSooner(choice(`ttl:${365 * DAY}`), inHalfAYear, now)).toBe(false);
  expect(endsSooner(choice(`ttl:${90 * DAY}`), '2026-11-20T00:00:00Z', now)).toBe(false);
  expect(endsSooner(choice('never'), null, now)).toBe(false);
  expect(endsSooner(choice('date'), null, now)).toBe(false);
});

test('what is offered is what the server offers, and a limit forbids keys without an end', () => {
  const offers = { ...POLICY.offers, lifetimes: [30 * DAY, 45 * DAY, 90 * DAY] };
  expect(kinds({ ...POLICY, offers, defaultTtl: 45 * DAY, maxTtl: 90 * DAY })).toEqual([
    `ttl:${30 * DAY}`,
    `ttl:${45 * DAY}`,
    `ttl:${90 * DAY}`,
    'date',
    'seconds',
  ]);
});

test('a default of never is chosen; a present key can keep its end', () => {
  expect(defaultLifetime({ ...POLICY, defaultTtl: 0 }).kind).toBe('never');
  expect(kinds(POLICY, 'Unchanged')[0]).toBe('keep');
});

test.each<[LifetimeChoice, object]>([
  [choice('keep'), {}],
  [choice('never'), { expiresIn: 0 }],
  [choice(`ttl:${30 * DAY}`), { expiresIn: 30 * DAY }],
  [choice('seconds', { seconds: '3600' }), { expiresIn: 3600 }],
  [choice('date', { date: '2027-01-31' }), { expiresAt: '2027-01-31' }],
])('%o goes over the wire as %o', (chosen, wire) => expect(toLifetime(chosen)).toEqual(wire));

test('a date means the end of that day, UTC', () => {
  expect(endOf(choice('date', { date: '2027-01-31' }))?.toISOString()).toBe('2027-02-01T00:00:00.000Z');
});

test.each<[string, LifetimeChoice, number, RegExp | undefined]>([
  ['a preset', choice(`ttl:${30 * DAY}`), 0, undefined],
  ['never', choice('never'), 0, undefined],
  ['today', choice('date', { date: '2026-11-21' }), 0, undefined],
  ['yesterday', choice('date', { date: '2026-11-20' }), 0, /That day is over/],
  ['no date', choice('date'), 0, /Choose the last day/],
  ['no number', choice('seconds', { seconds: '1h' }), 0, /whole number of seconds/],
  ['zero seconds', choice('seconds', { seconds: '0' }), 0, /whole number of seconds/],
  ['the longest allowed', choice('seconds', { seconds: String(30 * DAY) }), 30 * DAY, undefined],
  ['a second too long', choice('seconds', { seconds: String(30 * DAY + 1) }), 30 * DAY, /at most 30 days/],
  ['a date too far', choice('date', { date: '2027-11-21' }), 30 * DAY, /at most 30 days/],
  ['two hundred years', choice('seconds', { seconds: String(200 * 365 * DAY) }), 0, /more than 100 years/],
  ['more than a date can hold', choice('seconds', { seconds: '9'.repeat(20) }), 0, /more than 100 years/],
])('%s', (_, chosen, maxTtl, wrong) => {
  const said = checkLifetime(chosen, { ...POLICY, maxTtl }, now);
  if (wrong) {
    expect(said).toMatch(wrong);
  } else {
    expect(said).toBeUndefined();
  }
});

test('an end within three days is shown with its time', () => {
  expect(isNear(endOf(choice('seconds', { seconds: '3600' }), now)!, now)).toBe(true);
  expect(isNear(endOf(choice(`ttl:${30 * DAY}`), now)!, now)).toBe(false);
});

test.each([
  ['90 days', '2026-03-02T00:00:00Z', 0, 90 * DAY],
  ['90 days, where the policy has come to allow less', '2026-03-02T00:00:00Z', 30 * DAY, 30 * DAY],
  ['no end', null, 0, 0],
  ['no end, where the policy has come to want one', null, 30 * DAY, 30 * DAY],
] as const)('a key whose token lives for %s gets the same again', (_, expiresAt, maxTtl, ttl) => {
  const tokens = [
    aToken({ createdAt: '2020-01-01T00:00:00Z', expiresAt: '2020-01-02T00:00:00Z' }),
    aToken({ createdAt: '2025-12-02T00:00:00Z', expiresAt }),
  ];
  expect(lifetimeAgain({ tokens }, { maxTtl })).toEqual({ expiresIn: ttl });
});
