import { t } from '../i18n';

/** What the table of keys can show of each, besides its name, in this order. */
export const COLUMNS = [
  'role',
  'pool',
  'owner',
  'labels',
  'tenants',
  'state',
  'expires',
  'lastUsed',
  'use',
  'created',
] as const;

export type ColumnId = (typeof COLUMNS)[number];

/** The columns that somebody chose; undefined: as many of the usual ones as there is room for. */
export type Columns = readonly ColumnId[] | undefined;

/** Those that a wide window shows by itself. */
export const USUAL: readonly ColumnId[] = COLUMNS.filter((id) => id !== 'tenants');

/** What a column is called. */
export function columnName(id: ColumnId): string {
  return {
    role: () => t('key.role', 'Role'),
    pool: () => t('key.pool', 'Pool'),
    owner: () => t('key.owner', 'Owner'),
    labels: () => t('key.labels', 'Labels'),
    tenants: () => t('key.tenants', 'Tenants'),
    state: () => t('key.state', 'State'),
    expires: () => t('key.expires', 'Expires'),
    lastUsed: () => t('key.last-used', 'Last used'),
    use: () => t('keys.use', '14 days'),
    created: () => t('key.created', 'Created'),
  }[id]();
}

/** The columns out of what was kept, which an older page may have written. */
export const readColumns = (kept: unknown): Columns =>
  Array.isArray(kept) ? COLUMNS.filter((id) => kept.includes(id)) : undefined;

/** Whether two choices show the same. */
export const sameColumns = (a: Columns, b: Columns): boolean => a?.join() === b?.join();

/**
 * The columns that somebody chose last in this browser.
 * @param owner whose choice it is; others who use the browser have their own
 */
export function keptColumns(owner: string): Columns {
  try {
    return readColumns(JSON.parse(localStorage.getItem(place(owner)) ?? 'null'));
  } catch {
    return undefined;
  }
}

/** Keeps a choice for the next visit. */
export function keepColumns(owner: string, columns: Columns): void {
  try {
    if (columns) {
      localStorage.setItem(place(owner), JSON.stringify(columns));
    } else {
      localStorage.removeItem(place(owner));
    }
  } catch {
    // A browser that keeps nothing forgets them when the page is left.
  }
}

const place = (owner: string) => `ostiary.columns.${owner}`;
