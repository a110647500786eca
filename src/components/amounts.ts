import type { Limits } from '../api/types';
import { t } from '../i18n';

/*
 * The limits of a key as they are typed: whole numbers, and bytes with a unit. An empty field is no limit.
 */

/** The names of all limits, in the order in which they are shown. */
export const LIMITS = [
  'requestsPerSecond',
  'burst',
  'concurrent',
  'requestsPerDay',
  'bytesPerSecond',
  'bytesPerDay',
] as const satisfies ReadonlyArray<keyof Limits>;

export type LimitName = (typeof LIMITS)[number];

/** What is typed into the field of each. */
export type TypedLimits = Record<LimitName, string>;

const UNITS: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const isBytes = (name: LimitName) => name.startsWith('bytes');

/** Reads a number of bytes, such as "5 MB" or "512 KiB"; undefined for what is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit] = /^([\d.,]*\d)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[(unit || 'b').toLowerCase()];
  const bytes = Number(number?.replace(',', '.')) * factor;
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}

/** Writes a number of bytes in the largest unit in which it needs no more than two decimal places. */
export function formatBytes(bytes: number): string {
  const fits = (factor: number) => bytes >= factor && Number.isInteger((bytes / factor) * 100);
  const [unit, factor] = [...Object.entries({ TB: 1e12, GB: 1e9, MB: 1e6, kB: 1e3 })].find(([, one]) => fits(one)) ?? [
    'B',
    1,
  ];
  return `${bytes / factor} ${unit}`;
}

const parse = (name: LimitName, text: string) =>
  isBytes(name) ? parseBytes(text) : /^\d+$/.test(text.trim()) ? Number(text) : undefined;

/** What is wrong with what is typed into a field, undefined if nothing is. */
export function checkLimit(name: LimitName, all: TypedLimits): string | undefined {
  const text = all[name].trim();
  if (text && parse(name, text) === undefined) {
    return isBytes(name)
      ? t('limits.not-bytes', 'Write a number with a unit, such as 5 MB.')
      : t('limits.not-number', 'Write a whole number, such as 50.');
  }
  return name === 'burst' && text && !all.requestsPerSecond.trim()
    ? t('limits.burst-alone', 'Needs requests per second.')
    : undefined;
}

/** The limits as the API takes them; all names are there, since limits are replaced as a whole. */
export const toLimits = (typed: TypedLimits): Limits =>
  Object.fromEntries(LIMITS.map((name) => [name, parse(name, typed[name]) ?? 0]));

/** A key's limits as they would be typed. */
export const typeLimits = (limits: Limits): TypedLimits =>
  Object.fromEntries(
    LIMITS.map((name) => {
      const value = limits[name] ?? 0;
      return [name, value ? (isBytes(name) ? formatBytes(value) : String(value)) : ''];
    })
  ) as TypedLimits;

/** What a limit is called. */
export function limitName(name: LimitName): string {
  return {
    requestsPerSecond: t('limits.requests-per-second', 'Requests per second'),
    burst: t('limits.burst', 'Burst'),
    concurrent: t('limits.concurrent', 'At the same time'),
    requestsPerDay: t('limits.requests-per-day', 'Requests per day'),
    bytesPerSecond: t('limits.bytes-per-second', 'Bytes per second'),
    bytesPerDay: t('limits.bytes-per-day', 'Bytes per day'),
  }[name];
}
