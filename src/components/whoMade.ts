import type { KeyToken } from '../api/types';
import { t } from '../i18n';

/** Who made a key or a token here, in a few words. One of another system was made there, and only taken over here. */
export const whoMade = ({ hint, createdBy }: Pick<KeyToken, 'hint' | 'createdBy'>): string =>
  hint.startsWith('ost_')
    ? t('key.by', 'by {{who}}', { who: createdBy })
    : t('key.taken-over', 'elsewhere; taken over by {{who}}', { who: createdBy });
