import { Alert, Button, Stack } from '@grafana/ui';
import React from 'react';
import type { ApiError } from '../api/errors';
import { t } from '../i18n';

interface Props {
  error: ApiError;
  /** What could not be done, as a short sentence without a full stop. */
  what: string;
  onRetry?: () => void;
}

/** Says that something could not be read or done, why, and how to go on. */
export const Failure = ({ error, what, onRetry }: Props) => (
  <Alert severity={error.status === 403 ? 'info' : 'error'} title={what}>
    <Stack direction="column" gap={1} alignItems="flex-start">
      <span>{error.message}</span>
      {onRetry && error.status !== 403 && (
        <Button variant="secondary" size="sm" icon="sync" onClick={onRetry}>
          {t('common.retry', 'Try again')}
        </Button>
      )}
    </Stack>
  </Alert>
);
