import { LoadingPlaceholder } from '@grafana/ui';
import React, { useCallback } from 'react';
import { api } from '../api/client';
import type { Endpoint } from '../api/types';
import { useQuery } from '../api/useQuery';
import { t } from '../i18n';
import { CheckedChange } from './CheckedChange';
import { ConfirmDialog } from './ConfirmDialog';

interface Props {
  target: Endpoint;
  onRemoved: () => void;
  onCancel: () => void;
}

/** Removes an endpoint, once it was shown who would be refused. */
export const RemoveEndpointDialog = ({ target: { name }, onRemoved, onCancel }: Props) => {
  const { data, loading } = useQuery(
    useCallback((signal: AbortSignal) => api.checkEndpoint({ name, delete: true }, signal), [name])
  );
  return (
    <ConfirmDialog
      title={t('endpoint-remove.title', 'Remove the endpoint {{name}}', { name })}
      failed={t('endpoint-remove.failed', 'The endpoint was not removed')}
      waiting={loading && !data}
      acts={[
        {
          text: t('endpoint-remove.button', 'Remove endpoint'),
          run: async () => {
            await api.deleteEndpoint(name);
            onRemoved();
          },
        },
      ]}
      onCancel={onCancel}
    >
      <p>
        {t(
          'endpoint-remove.consequence',
          'Its paths are closed from the next request on. Keys that are limited to it stay, and open nothing there.'
        )}
      </p>
      {data ? (
        <CheckedChange outcome={{ ...data, upstream: null }} />
      ) : (
        loading && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
      )}
    </ConfirmDialog>
  );
};
