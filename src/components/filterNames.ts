import { duration } from '../format';
import { t } from '../i18n';
import { parseTtl } from '../ttl';
import { NEVER } from './useKeyList';

/** How long keys were not used, in words. */
export const unusedName = (span: string): string =>
  span === NEVER
    ? t('overview.never-used', 'Never used')
    : t('filter.unused-for', 'Unused for {{time}}', { time: duration(parseTtl(span) ?? 0) });

/** Within what time keys end, in words. */
export const expiresName = (span: string): string =>
  t('filter.expires-within', 'Ends within {{time}}', { time: duration(parseTtl(span) ?? 0) });
