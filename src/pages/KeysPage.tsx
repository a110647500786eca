import { Button, EmptyState, LoadingPlaceholder, Stack, Text } from '@grafana/ui';
import React, { useCallback, useState } from 'react';
import type { Key } from '../api/types';
import type { BulkAction } from '../components/bulk';
import { BulkDialog } from '../components/BulkDialog';
import { useCaller } from '../components/Caller';
import { Door } from '../components/Door';
import { Failure } from '../components/Failure';
import { KeyFilters } from '../components/KeyFilters';
import { KeyTable } from '../components/KeyTable';
import { NoAccess } from '../components/NoAccess';
import { Pager } from '../components/Pager';
import { useKeyActions } from '../components/useKeyActions';
import { useKeyList } from '../components/useKeyList';
import { usePools } from '../components/usePools';
import { VerifyDialog } from '../components/VerifyDialog';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';

/** The keys of the organization. */
export const KeysPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return can('manage') ? (
    <ManagedKeys />
  ) : (
    <Page title={t('keys.title', 'API keys')} at="">
      <NoAccess />
    </Page>
  );
};

const ManagedKeys = () => {
  const { Page } = useHost();
  const { whoami } = useCaller();
  const list = useKeyList();
  const { data, error, loading, reload } = list;
  const pools = usePools();
  const [chosen, setChosen] = useState<ReadonlyMap<string, Key>>(new Map());
  const [bulk, setBulk] = useState<BulkAction>();
  const [checking, setChecking] = useState(false);
  const { reload: reloadPools } = pools;
  // A new key may have made a new pool.
  const onChanged = useCallback(() => (reload(), reloadPools()), [reload, reloadPools]);
  const { actions, dialog } = useKeyActions({ onChanged, resume: true });

  const endBulk = useCallback(
    ({ failed, changed }: { failed: Key[]; changed: boolean }) => {
      setBulk(undefined);
      if (changed || failed.length) {
        setChosen(new Map(failed.map((key) => [key.id, key])));
        reload();
      }
    },
    [reload]
  );

  const none = data?.keys.length === 0;
  // At the console somebody always has a key: the one that they signed in with does not count.
  const onlyOwn = data?.keys.length === 1 && data.keys[0].id === whoami.keyId;
  const inviting = (none || onlyOwn) && !list.filtered && !list.first && !loading;
  return (
    <Page
      title={t('keys.title', 'API keys')}
      at=""
      subTitle={t(
        'keys.subtitle',
        'For agents, scripts and services: each with a role, an end, and a trail of what was done to it.'
      )}
      actions={
        !inviting && (
          <Stack direction="row" gap={2} wrap="wrap">
            <Button variant="secondary" icon="key-skeleton-alt" onClick={() => setChecking(true)}>
              {t('verify.title', 'Check a token')}
            </Button>
            <Button icon="plus" onClick={actions.create}>
              {t('keys.create', 'Create key')}
            </Button>
          </Stack>
        )
      }
    >
      {inviting && <Invitation onCreate={actions.create} />}
      {!(inviting && none) && (
        <Stack direction="column" gap={2}>
          {inviting ? null : chosen.size > 0 ? (
            <BulkBar n={chosen.size} onAction={setBulk} onClear={() => setChosen(new Map())} />
          ) : (
            <KeyFilters
              filter={list.filter}
              pools={pools.data?.pools.map(({ name }) => name) ?? []}
              onChange={list.setFilter}
              onReload={reload}
            />
          )}
          {error && !error.temporary && (
            <Failure error={error} what={t('keys.failed', 'The keys could not be read')} onRetry={reload} />
          )}
          {!data && loading && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />}
          {data && none && (
            <EmptyState variant="not-found" image={<Door />} message={t('keys.none-found', 'No key matches')}>
              {t('keys.none-found-hint', 'Search for something else, or show all states, roles and pools.')}
            </EmptyState>
          )}
          {data && !none && (
            <>
              <KeyTable
                keys={data.keys}
                sort={list.filter.sort}
                onSort={(sort) => list.setFilter({ sort })}
                selection={inviting ? undefined : { chosen, onChange: setChosen }}
                actions={actions}
                stale={loading}
              />
              {!inviting && (
                <Pager
                  first={list.first}
                  shown={data.keys.length}
                  total={list.total}
                  size={list.size}
                  onSize={list.setSize}
                  onNext={list.toNext}
                  onPrevious={list.toPrevious}
                />
              )}
            </>
          )}
        </Stack>
      )}
      {dialog}
      {checking && <VerifyDialog onClose={() => setChecking(false)} />}
      {bulk && <BulkDialog action={bulk} keys={[...chosen.values()]} onClose={endBulk} />}
    </Page>
  );
};

const Invitation = ({ onCreate }: { onCreate: () => void }) => (
  <EmptyState
    variant="call-to-action"
    image={<Door />}
    message={t('keys.invitation', 'Let the first one in')}
    button={
      <Button icon="plus" size="lg" onClick={onCreate}>
        {t('keys.create-first', 'Create your first key')}
      </Button>
    }
  >
    {t(
      'keys.invitation-text',
      'Give every agent, script and service a key of its own. You choose what it may do and how long it lives, see when it was last used, and can stop it at any moment without touching the others.'
    )}
  </EmptyState>
);

interface BulkBarProps {
  n: number;
  onAction: (action: BulkAction) => void;
  onClear: () => void;
}

const BulkBar = ({ n, onAction, onClear }: BulkBarProps) => (
  <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
    <Text weight="medium">
      <span role="status">
        {t('keys.chosen', '', {
          count: n,
          n: count(n),
          defaultValue_one: '{{n}} key selected',
          defaultValue_other: '{{n}} keys selected',
        })}
      </span>
    </Text>
    <Button variant="secondary" icon="play" onClick={() => onAction('enable')}>
      {t('action.enable', 'Enable')}
    </Button>
    <Button variant="secondary" icon="pause" onClick={() => onAction('disable')}>
      {t('action.disable', 'Disable')}
    </Button>
    <Button variant="secondary" icon="times-circle" onClick={() => onAction('revoke')}>
      {t('action.revoke', 'Revoke')}
    </Button>
    <Button variant="secondary" icon="trash-alt" onClick={() => onAction('delete')}>
      {t('action.delete', 'Delete')}
    </Button>
    <Button variant="secondary" fill="text" onClick={onClear}>
      {t('keys.clear', 'Clear selection')}
    </Button>
  </Stack>
);
