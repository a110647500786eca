import { Alert } from '@grafana/ui';
import React from 'react';
import type { ApiError } from '../api/errors';
import { t } from '../i18n';

interface Props {
  /** What was not done, as a title. */
  title: string;
  error: ApiError;
  /** Whether a token would have been issued. An answer that is lost on the way holds its only copy. */
  issued: boolean;
}

/** Says that something was not done to a key, or that nobody knows. */
export const NotDone = ({ title, error, issued }: Props) => (
  <Alert
    severity="error"
    title={issued && error.unknown ? t('error.unknown', 'It is not known whether this was done') : title}
  >
    {error.message}
    {issued && error.unknown && (
      <p>
        {t(
          'error.unknown-next',
          'Look at the keys before you try again. If it was done, its token is lost: rotate the key to get another one.'
        )}
      </p>
    )}
  </Alert>
);
