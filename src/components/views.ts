import { t } from '../i18n';
import { readColumns, sameColumns, type Columns } from './columns';
import { NO_FILTER, sameFilter } from './search';
import type { KeyFilter } from './useKeyList';

/** What the list shows, and what of each key. */
export interface Sight {
  filter: KeyFilter;
  /** Left out: they stay as they are. */
  columns?: Columns;
}

/** A sight with a name. */
export interface View extends Sight {
  name: string;
}

/** Whether a view is what is shown now. */
export const isShown = (view: View, { filter, columns }: Sight): boolean =>
  sameFilter(view.filter, filter) && (!view.columns || sameColumns(view.columns, columns));

/** What many look for. */
export const commonViews = (): View[] => [
  { name: t('view.ending', 'Ends within 30 days'), filter: { ...NO_FILTER, expires: '30d' } },
  { name: t('view.unused', 'Not used for 90 days'), filter: { ...NO_FILTER, state: 'active', unused: '90d' } },
  { name: t('view.disabled', 'Disabled'), filter: { ...NO_FILTER, state: 'disabled' } },
  { name: t('view.admins', 'May manage keys'), filter: { ...NO_FILTER, state: 'active', role: 'Admin' } },
];

/** How many a browser keeps. */
const MOST = 30;

/**
 * The views that somebody saved in this browser.
 * @param owner whose they are; others who use the browser have their own
 */
export function savedViews(owner: string): View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place(owner)) ?? '[]');
    return Array.isArray(kept)
      ? kept
          .filter(isView)
          .map(({ name, filter, columns }) => ({ name, filter: whole(filter), columns: readColumns(columns) }))
      : [];
  } catch {
    return [];
  }
}

/** Saves a view; one of the same name is replaced. */
export const saveView = (owner: string, view: View): View[] =>
  keep(owner, [...savedViews(owner).filter(({ name }) => name !== view.name), view]);

/** Forgets a view. */
export const forgetView = (owner: string, gone: string): View[] =>
  keep(
    owner,
    savedViews(owner).filter(({ name }) => name !== gone)
  );

function keep(owner: string, views: View[]): View[] {
  const kept = views.slice(-MOST);
  try {
    localStorage.setItem(place(owner), JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing keeps no views either; they last until the page is left.
  }
  return kept;
}

const place = (owner: string) => `ostiary.views.${owner}`;

const isView = (one: unknown): one is { name: string; filter: object; columns?: unknown } =>
  typeof one === 'object' &&
  one !== null &&
  'name' in one &&
  typeof one.name === 'string' &&
  'filter' in one &&
  typeof one.filter === 'object' &&
  one.filter !== null;

/** A filter out of what was kept, which an older page may have written. */
function whole(kept: object): KeyFilter {
  const fits = ([name, value]: [string, unknown]) =>
    name in NO_FILTER &&
    (name === 'label'
      ? Array.isArray(value) && value.every((one) => typeof one === 'string')
      : typeof value === 'string');
  return { ...NO_FILTER, ...Object.fromEntries(Object.entries(kept).filter(fits)) };
}
