import { LoadingPlaceholder, TextLink } from '@grafana/ui';
import React, { useCallback } from 'react';
import { api } from '../api/client';
import type { Endpoint } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { CheckedChange } from './CheckedChange';
import { ConfirmDialog } from './ConfirmDialog';
import { linkTo } from './links';

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
      <LimitedTo name={name} />
      {data ? (
        <CheckedChange outcome={{ ...data, upstream: null }} />
      ) : (
        loading && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
      )}
    </ConfirmDialog>
  );
};

/** How many keys are named; a link leads to all. */
const NAMED = 10;

/** The keys that name the endpoint, whether they were used or not: a new one of that name would be theirs again. */
const LimitedTo = ({ name }: { name: string }) => {
  const { href } = useHost();
  const { data } = useQuery(
    useCallback(
      (signal: AbortSignal) => api.keys({ endpoint: name, state: 'active', sort: 'name', limit: NAMED + 1 }, signal),
      [name]
    )
  );
  if (!data?.keys.length) {
    return null;
  }
  const named = data.keys.slice(0, NAMED);
  return (
    <p>
      {t('endpoint-remove.limited', 'Limited to it, perhaps with others:')}{' '}
      {named.map((key, i) => (
        <React.Fragment key={key.id}>
          {i > 0 && ', '}
          <TextLink href={href(`keys/${key.id}`)}>{key.name}</TextLink>
        </React.Fragment>
      ))}
      {data.keys.length > NAMED && (
        <>
          {', … '}
          <TextLink href={linkTo(href, 'keys', { endpoint: name, state: 'active' })}>
            {t('endpoint-remove.all', 'all of them')}
          </TextLink>
        </>
      )}
      .
    </p>
  );
};
