import { Button, EmptyState, LoadingPlaceholder } from '@grafana/ui';
import React, { useState } from 'react';
import { api } from '../api/client';
import type { Pool } from '../api/types';
import { useCaller } from '../components/Caller';
import { Door } from '../components/Door';
import { Failure } from '../components/Failure';
import { NoAccess } from '../components/NoAccess';
import { CreatePoolDialog, EndPoolDialog } from '../components/PoolDialogs';
import { PoolTable } from '../components/PoolTable';
import { RotateManyDialog } from '../components/RotateManyDialog';
import { notify } from '../components/notify';
import { usePools } from '../components/usePools';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';

/** The agent pools of the organization. */
export const PoolsPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return can('manage') ? (
    <ManagedPools />
  ) : (
    <Page title={t('pools.title', 'Agent pools')} at="pools">
      <NoAccess />
    </Page>
  );
};

type Open = 'create' | { pool: Pool; how: 'rotate' | 'revoke' | 'remove' };

const ManagedPools = () => {
  const { Page } = useHost();
  const { data, error, loading, reload } = usePools();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const finish = (text: string) => {
    close();
    notify(text);
    reload();
  };
  const create = (
    <Button icon="plus" onClick={() => setOpen('create')}>
      {t('pools.create', 'Create pool')}
    </Button>
  );
  const none = data?.pools.length === 0;
  return (
    <Page
      title={t('pools.title', 'Agent pools')}
      at="pools"
      subTitle={t('pools.subtitle', 'Agents of one kind or place, whose keys can be looked at and ended together.')}
      actions={!none && create}
    >
      {error && !error.temporary && (
        <Failure error={error} what={t('pools.failed', 'The pools could not be read')} onRetry={reload} />
      )}
      {!data && loading && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />}
      {none && (
        <EmptyState variant="call-to-action" image={<Door />} message={t('pools.none', 'No pools yet')} button={create}>
          {t(
            'pools.none-text',
            'Name a pool when you create a key, and it is made with it. Or make an empty one first.'
          )}
        </EmptyState>
      )}
      {data && !none && (
        <PoolTable
          pools={data.pools}
          stale={loading}
          actions={{
            rotate: (pool) => setOpen({ pool, how: 'rotate' }),
            revoke: (pool) => setOpen({ pool, how: 'revoke' }),
            remove: (pool) => setOpen({ pool, how: 'remove' }),
          }}
        />
      )}
      {open === 'create' && (
        <CreatePoolDialog
          onCancel={close}
          onCreated={({ name }) => finish(t('pool-form.done', 'Created the pool “{{name}}”', { name }))}
        />
      )}
      {typeof open === 'object' && open.how === 'rotate' && (
        <RotateManyDialog
          title={t('pool-rotate.title', 'Rotate the keys of {{name}}', { name: open.pool.name })}
          n={open.pool.keys.active + open.pool.keys.disabled}
          step={(step) => api.rotatePool(open.pool.name, step)}
          file={`${open.pool.name}-keys`}
          onClose={(rotated) => {
            close();
            if (rotated) {
              reload();
            }
          }}
        />
      )}
      {typeof open === 'object' && open.how !== 'rotate' && (
        <EndPoolDialog
          target={open.pool}
          how={open.how}
          onCancel={close}
          onDone={(revoked) => finish(outcome(open.pool.name, revoked))}
        />
      )}
    </Page>
  );
};

const outcome = (name: string, revoked?: number) =>
  revoked === undefined
    ? t('pool-remove.done', 'Removed the pool “{{name}}”', { name })
    : t('pool-revoke.done', '', {
        count: revoked,
        n: count(revoked),
        defaultValue_one: 'Revoked {{n}} key',
        defaultValue_other: 'Revoked {{n}} keys',
      });
