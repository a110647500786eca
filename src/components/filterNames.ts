import { t } from '../i18n';
import type { KeyFilter } from './useKeyList';

/** How long keys were not used, in words. */
export const unusedName = (span: Exclude<KeyFilter['unused'], ''>): string =>
  ({
    '30d': t('filter.unused-30d', 'Unused for 30 days'),
    '90d': t('filter.unused-90d', 'Unused for 90 days'),
  })[span];

/** Within what time keys end, in words. */
export const expiresName = (span: Exclude<KeyFilter['expires'], ''>): string =>
  ({
    '7d': t('filter.expires-7d', 'Ends within 7 days'),
    '30d': t('filter.expires-30d', 'Ends within 30 days'),
  })[span];
