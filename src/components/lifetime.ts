import { serverTime } from '../api/clock';
import type { Key, Lifetime, Policy } from '../api/types';
import { count, DAY, duration } from '../format';
import { t } from '../i18n';

/** What is chosen for how long a key lives. Text fields hold what was typed, right or wrong. */
export interface LifetimeChoice {
  /** `ttl` with a number of seconds behind the colon, or one of the words. */
  kind: `ttl:${number}` | 'date' | 'seconds' | 'never' | 'keep';
  /** yyyy-MM-dd; the key lives to the end of that day, UTC. */
  date: string;
  seconds: string;
}

/** The server's longest lifetime, 100 years, in seconds. */
const MAX_TTL = 100 * 365 * DAY;

const allows = (policy: Policy, ttl: number) => policy.maxTtl === 0 || (ttl !== 0 && ttl <= policy.maxTtl);

/** The choice for many keys that each new token lives as long as the one whose place it takes. */
export const AS_EACH: LifetimeChoice = { kind: 'keep', date: '', seconds: '' };

/** How long a key's newest token lives in all, as the resource API takes it; no longer than the policy allows. */
export function lifetimeAgain({ tokens }: Pick<Key, 'tokens'>, { maxTtl }: Pick<Policy, 'maxTtl'>): Lifetime {
  const newest = tokens.at(-1);
  const ttl = newest?.expiresAt
    ? Math.max(1, Math.round((Date.parse(newest.expiresAt) - Date.parse(newest.createdAt)) / 1000))
    : 0;
  return { expiresIn: maxTtl && (ttl === 0 || ttl > maxTtl) ? maxTtl : ttl };
}

/** What a new key starts with: the policy's default. */
export function defaultLifetime(policy: Policy): LifetimeChoice {
  return { kind: policy.defaultTtl ? `ttl:${policy.defaultTtl}` : 'never', date: '', seconds: '' };
}

/** What the policy leaves to choose from; `keep` is what it is called that what exists keeps its own. */
export function lifetimeOptions(
  policy: Policy,
  keep: string | false
): Array<{ value: LifetimeChoice['kind']; label: string }> {
  return [
    ...(keep ? [{ value: 'keep' as const, label: keep }] : []),
    ...policy.offers.lifetimes.map((ttl) => ({ value: `ttl:${ttl}` as const, label: duration(ttl) })),
    { value: 'date', label: t('lifetime.date', 'Date') },
    { value: 'seconds', label: t('lifetime.seconds', 'Seconds') },
    ...(allows(policy, 0) ? [{ value: 'never' as const, label: t('lifetime.never', 'Never') }] : []),
  ];
}

/** When a key would end that is made now; undefined for never, and while the choice is not complete. */
export function endOf(choice: LifetimeChoice, now = serverTime()): Date | undefined {
  if (choice.kind === 'date') {
    const end = new Date(`${choice.date}T00:00:00Z`);
    return isNaN(end.getTime()) ? undefined : new Date(end.getTime() + DAY * 1000);
  }
  const ttl = choice.kind === 'seconds' ? Number(choice.seconds) : Number(choice.kind.slice('ttl:'.length));
  const end = new Date(now + ttl * 1000);
  return ttl > 0 && !isNaN(end.getTime()) ? end : undefined;
}

/** Whether a key would end sooner than it does at present; null is no end. */
export function endsSooner(choice: LifetimeChoice, present: string | null, now = serverTime()): boolean {
  const end = choice.kind === 'never' || choice.kind === 'keep' ? undefined : endOf(choice, now);
  return Boolean(end) && (present === null || end!.getTime() < Date.parse(present));
}

/** Whether an end is so near that hours count, and the day alone says too little. */
export const isNear = (end: Date, now = serverTime()) => end.getTime() - now < 3 * DAY * 1000;

/** What is wrong with the choice, as the server would see it; undefined if nothing is. */
export function checkLifetime(choice: LifetimeChoice, policy: Policy, now = serverTime()): string | undefined {
  if (choice.kind === 'seconds' && !/^[1-9]\d*$/.test(choice.seconds)) {
    return t('lifetime.not-seconds', 'Enter a whole number of seconds, such as 3600.');
  }
  if (choice.kind === 'date' && !endOf(choice)) {
    return t('lifetime.no-date', 'Choose the last day on which the key shall work.');
  }
  const end = endOf(choice, now);
  if (choice.kind === 'never' || choice.kind === 'keep') {
    return undefined;
  }
  const ttl = end ? (end.getTime() - now) / 1000 : Infinity;
  if (ttl <= 0) {
    return t('lifetime.past', 'That day is over. Choose a later one.');
  }
  if (!allows(policy, ttl)) {
    return t('lifetime.too-long', 'The policy allows at most {{max}}.', { max: duration(policy.maxTtl) });
  }
  if (ttl > MAX_TTL) {
    return t('lifetime.too-far', 'That is more than {{years}} years away. Choose a nearer end, or never.', {
      years: count(100),
    });
  }
  return undefined;
}

/** The choice as the resource API takes it. */
export function toLifetime(choice: LifetimeChoice): Lifetime {
  switch (choice.kind) {
    case 'keep':
      return {};
    case 'date':
      return { expiresAt: choice.date };
    case 'seconds':
      return { expiresIn: Number(choice.seconds) };
    case 'never':
      return { expiresIn: 0 };
    default:
      return { expiresIn: Number(choice.kind.slice('ttl:'.length)) };
  }
}
