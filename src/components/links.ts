/*
 * The addresses of lists that are narrowed to what a number counts.
 */

type Href = (page: string) => string;

/** A page with parameters; those without a value are left out. */
export function linkTo(href: Href, page: string, params: Record<string, string | undefined> = {}): string {
  const given = Object.entries(params).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return href(page) + (given.length ? `?${new URLSearchParams(given)}` : '');
}

/** The parameter of the overview's address by which the first steps are brought back. */
export const FIRST_STEPS = 'first-steps';
