import { t } from '../i18n';

/** A page that a key leads to after g. */
export interface Goal {
  key: string;
  page: string;
  title: string;
}

/** The pages, with the letter that leads to each after g. */
export const goals = (): Goal[] => [
  { key: 'o', page: '', title: t('overview.title', 'Overview') },
  { key: 'k', page: 'keys', title: t('keys.title', 'API keys') },
  { key: 'p', page: 'pools', title: t('pools.title', 'Agent pools') },
  { key: 'e', page: 'endpoints', title: t('endpoints.title', 'Endpoints') },
  { key: 'r', page: 'refused', title: t('refused.title', 'Refused') },
  { key: 'a', page: 'audit', title: t('audit.title', 'Audit trail') },
  { key: 's', page: 'settings', title: t('settings.title', 'Settings') },
];

/** What the page of keys is asked to do when it is opened, in the state of its place in the history. */
export interface Asked {
  act: 'create' | 'import';
}

/** Whether keys belong to what has the focus, or to a dialog that is open, and are no shortcuts. */
export function isTyping(target: EventTarget | null): boolean {
  const at = target instanceof HTMLElement ? target : null;
  return (
    Boolean(at?.closest('input, textarea, select, [contenteditable="true"], [role="menu"]')) ||
    document.querySelector('[role="dialog"]') !== null
  );
}

/** Where the palette is opened with another key than Ctrl. */
export const IS_MAC = /Macintosh|iPad|iPhone/.test(navigator.userAgent);
