/**
 * The fields of a change whose values are others than before. A form sends these alone: what it merely shows may have
 * been changed by somebody else while it was open.
 */
export const differing = <T extends object>(change: T, before: object): Partial<T> =>
  Object.fromEntries(
    Object.entries(change).filter(
      ([name, value]) => written(value) !== written((before as Record<string, unknown>)[name])
    )
  ) as Partial<T>;

/** A value as text, in which the order of an object's fields means nothing. */
export function written(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return JSON.stringify(isObject ? Object.entries(value).sort() : value);
}
