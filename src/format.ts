import { dateTimeFormat } from '@grafana/data';
import { serverTime } from './api/clock';
import { currentLanguage, t } from './i18n';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Seconds in a day. */
export const DAY = 24 * HOUR;

/** How long before its end a key is worth a warning, in seconds. */
const EXPIRY_WARNING = 7 * DAY;

/** A moment in full, in the user's time zone. */
export function exactTime(iso: string): string {
  return dateTimeFormat(iso, { defaultWithMS: false });
}

/** A moment within a day, such as 12:03:10; with its day if it is not today, in the user's time zone. */
export function clockTime(iso: string, now = serverTime()): string {
  const full = exactTime(iso);
  const [date, time] = full.split(' ');
  return time && exactTime(new Date(now).toISOString()).startsWith(date) ? time : full;
}

/** A function that keeps what it made: making one of Intl's formats is slow. */
function remembered<A extends Array<string | undefined>, F>(make: (...args: A) => F): (...args: A) => F {
  const made = new Map<string, F>();
  return (...args) => {
    const key = args.join('\n');
    if (!made.has(key)) {
      made.set(key, make(...args));
    }
    return made.get(key)!;
  };
}

const dayFormat = remembered(
  (language: string, timeZone?: string) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone })
);
const relativeFormat = remembered((language: string) => new Intl.RelativeTimeFormat(language, { numeric: 'always' }));
const countFormat = remembered((language: string) => new Intl.NumberFormat(language));

/** A day, such as `21 Nov 2026`, in the user's time zone or another one. */
export function day(at: Date, timeZone?: string): string {
  return dayFormat(timeLanguage(), timeZone).format(at);
}

const momentFormat = remembered(
  (language: string, parts: string, timeZone?: string) =>
    new Intl.DateTimeFormat(language, { ...MOMENTS[parts], timeZone })
);
const MOMENTS: Record<string, Intl.DateTimeFormatOptions> = {
  hour: { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  shortHour: { hour: '2-digit', minute: '2-digit' },
  shortDay: { day: 'numeric', month: 'short' },
};
/** English days and times are written as in Britain. */
const timeLanguage = () => (currentLanguage() === 'en-US' ? 'en-GB' : currentLanguage());
const inParts = (parts: string, iso: string, timeZone?: string) =>
  momentFormat(timeLanguage(), parts, timeZone).format(new Date(iso));

/** An hour with its day, such as `Sat 21 Nov, 14:00`, in the user's time zone. */
export const hour = (iso: string): string => inParts('hour', iso);

/** An hour alone, such as `14:00`, in the user's time zone. */
export const shortHour = (iso: string): string => inParts('shortHour', iso);

/** A day without its year, such as `21 Nov`, in the user's time zone or another one. */
export const shortDay = (iso: string, timeZone?: string): string => inParts('shortDay', iso, timeZone);

/** A day of UTC that the server names, such as `2026-11-21`. */
export function utcDay(date: string): string {
  return day(new Date(date), 'UTC');
}

/** How far a moment is away, such as "in 3 days" or "2 hours ago". */
export function relativeTime(iso: string, now = serverTime()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  const [unit, length]: [Intl.RelativeTimeFormatUnit, number] =
    size < 45
      ? ['second', 1]
      : size < 45 * MINUTE
        ? ['minute', MINUTE]
        : size < 22 * HOUR
          ? ['hour', HOUR]
          : size < 26 * DAY
            ? ['day', DAY]
            : size < 320 * DAY
              ? ['month', 30.44 * DAY]
              : ['year', 365.25 * DAY];
  if (unit === 'second') {
    return t('time.now', 'just now');
  }
  return relativeFormat(currentLanguage()).format(Math.round(seconds / length), unit);
}

/** Whether a key that ends at a moment is worth a warning now. */
export function expiresSoon(iso: string, now = serverTime()): boolean {
  return (new Date(iso).getTime() - now) / 1000 < EXPIRY_WARNING;
}

/** A lifetime in seconds, in the largest unit that is whole: "90 days", "12 hours". */
export function duration(seconds: number): string {
  const [unit, length] =
    seconds % DAY === 0
      ? ['day', DAY]
      : seconds % HOUR === 0
        ? ['hour', HOUR]
        : seconds % MINUTE === 0
          ? ['minute', MINUTE]
          : ['second', 1];
  return new Intl.NumberFormat(currentLanguage(), { style: 'unit', unit: String(unit), unitDisplay: 'long' }).format(
    seconds / Number(length)
  );
}

/** A count with the separators of the user's language. */
export function count(n: number): string {
  return countFormat(currentLanguage()).format(n);
}

/** A share of 1, in whole percent. */
export function percent(share: number): string {
  return new Intl.NumberFormat(currentLanguage(), { style: 'percent' }).format(share);
}

/** A measure with one digit after the user's decimal mark. */
export function decimal(n: number): string {
  return new Intl.NumberFormat(currentLanguage(), { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(n);
}
