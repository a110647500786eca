import React from 'react';
import { t } from '../i18n';

/** Stands where there is nothing to show. */
export const Nothing = () => (
  <>
    <span aria-hidden>–</span>
    <span className="sr-only">{t('common.none', 'none')}</span>
  </>
);
