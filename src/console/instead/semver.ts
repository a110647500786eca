/* Instead of semver, by which names for tests are chosen. All of their versions are three numbers. */

const numbers = (version: string) => version.split('.').map(Number);

/** The version if it is one, else null. */
export const valid = (version: string): string | null => (/^\d+\.\d+\.\d+$/.test(version) ? version : null);

/** Orders versions, the oldest first. */
export function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** Whether a version is another one or newer. */
export const gte = (a: string, b: string): boolean => compare(a, b) >= 0;
