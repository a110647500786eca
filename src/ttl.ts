import { DAY } from './format';

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY };

/**
 * Reads a time to live as the server does: whole seconds ("3600"), or a number with a unit from s, m, h, d, w ("90d",
 * "1d12h"); "0" and "never" are 0. Returns seconds, or undefined for what is none of these.
 */
export function parseTtl(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^never$/i.test(trimmed)) {
    return 0;
  }
  if (/^\d+$/.test(trimmed)) {
    return Number(trimmed);
  }
  if (!/^(\d+[smhdw])+$/.test(trimmed)) {
    return undefined;
  }
  return [...trimmed.matchAll(/(\d+)([smhdw])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit], 0);
}

/** Writes a time to live so that parseTtl reads it: "90d", "1d12h"; 0 is "never". */
export function formatTtl(seconds: number): string {
  if (seconds <= 0) {
    return 'never';
  }
  let rest = seconds;
  return ['d', 'h', 'm', 's']
    .map((unit) => {
      const n = Math.floor(rest / UNITS[unit]);
      rest -= n * UNITS[unit];
      return n ? `${n}${unit}` : '';
    })
    .join('');
}
