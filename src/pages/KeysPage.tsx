import { Button, EmptyState, LoadingPlaceholder, Stack } from '@grafana/ui';
import React, { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';
import type { Key } from '../api/types';
import type { BulkChoice } from '../components/Bulk';
import { BulkBar } from '../components/BulkBar';
import type { BulkResult } from '../components/BulkDialog';
import { useCaller } from '../components/Caller';
import { Door } from '../components/Door';
import { ExportMenu } from '../components/ExportMenu';
import { Failure } from '../components/Failure';
import { KeyFilters } from '../components/KeyFilters';
import { KeyTable } from '../components/KeyTable';
import { NoAccess } from '../components/NoAccess';
import { Pager } from '../components/Pager';
import { writeSearch } from '../components/search';
import { StickyBar } from '../components/StickyBar';
import { useColumns } from '../components/useColumns';
import { useKeyActions } from '../components/useKeyActions';
import { useKeyList, type KeyFilter } from '../components/useKeyList';
import { useKeysUse } from '../components/useKeysUse';
import { usePools } from '../components/usePools';
import { useReturn } from '../components/useReturn';
import { useHost } from '../host';
import { t } from '../i18n';

const ImportDialog = lazy(async () => ({ default: (await import('../components/ImportDialog')).ImportDialog }));
const Bulk = lazy(async () => ({ default: (await import('../components/Bulk')).Bulk }));

/** The keys of the organization. */
export const KeysPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return can('manage') ? (
    <ManagedKeys />
  ) : (
    <Page title={t('keys.title', 'API keys')} at="keys">
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
  const [columns, setColumns] = useColumns();
  const [chosen, setChosen] = useState<ReadonlyMap<string, Key>>(new Map());
  // The filter of which all keys are selected, also those on other pages.
  const [allOf, setAllOf] = useState<KeyFilter>();
  const all = allOf === list.filter;
  const [bulk, setBulk] = useState<BulkChoice>();
  // What is typed has a mistake: the list is not what was meant, and nothing in it is selected until it is.
  const [wider, setWider] = useState(false);
  const { reload: reloadPools } = pools;
  // A new key may have made a new pool.
  const onChanged = useCallback(() => (reload(), reloadPools()), [reload, reloadPools]);
  const { actions, dialog } = useKeyActions({ onChanged, resume: true });

  const endBulk = useCallback(
    ({ failed, changed }: BulkResult) => {
      setBulk(undefined);
      if (changed || failed.length) {
        setAllOf(undefined);
        setChosen(new Map(failed.map((key) => [key.id, key])));
        reload();
      }
    },
    [reload]
  );

  // One key less, or another filter, is no longer all.
  const choose = (keys: ReadonlyMap<string, Key>) => {
    setAllOf(undefined);
    setChosen(keys);
  };
  useReturn(data?.keys, reload);
  const use = useKeysUse(data?.keys);
  const [importing, setImporting] = useState(false);
  const startImport = useCallback(() => setImporting(true), []);
  useAsked(actions.create, startImport);

  const none = data?.keys.length === 0;
  // At the console somebody always has a key: the one that they signed in with does not count.
  const onlyOwn = data?.keys.length === 1 && data.keys[0].id === whoami.keyId;
  const inviting = (none || onlyOwn) && !list.filtered && !list.first && !loading;
  return (
    <Page
      title={t('keys.title', 'API keys')}
      at="keys"
      subTitle={t(
        'keys.subtitle',
        'For agents, scripts and services: each with a role, an end, and a trail of what was done to it.'
      )}
      actions={
        <>
          {!inviting && <ExportMenu filter={list.filter} onImport={startImport} />}
          {!inviting && (
            <Button icon="plus" onClick={actions.create}>
              {t('keys.create', 'Create key')}
            </Button>
          )}
        </>
      }
    >
      {inviting && <Invitation onCreate={actions.create} onImport={startImport} />}
      {!(inviting && none) && (
        <StickyBar
          bar={
            inviting ? null : chosen.size > 0 ? (
              <BulkBar
                n={chosen.size}
                total={list.total}
                all={all}
                search={writeSearch(list.filter)}
                onAll={() => setAllOf(list.filter)}
                onAction={setBulk}
                onClear={() => choose(new Map())}
              />
            ) : (
              <KeyFilters
                filter={list.filter}
                columns={columns}
                onColumns={setColumns}
                pools={pools.data?.pools.map(({ name }) => name) ?? []}
                onChange={list.setFilter}
                onWider={setWider}
                onReload={reload}
              />
            )
          }
        >
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
                columns={columns}
                sort={list.sort}
                onSort={list.setSort}
                selection={inviting ? undefined : { chosen, onChange: choose, disabled: wider }}
                actions={actions}
                use={use}
                stale={loading || wider}
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
        </StickyBar>
      )}
      {dialog}
      {importing && (
        <Suspense fallback={null}>
          <ImportDialog
            onClose={(changed) => {
              setImporting(false);
              if (changed) {
                onChanged();
              }
            }}
          />
        </Suspense>
      )}
      {bulk && (
        <Suspense fallback={null}>
          <Bulk
            choice={bulk}
            selection={all ? { filter: list.filter } : { keys: [...chosen.values()] }}
            onClose={endBulk}
          />
        </Suspense>
      )}
    </Page>
  );
};

/** Does what another page asked for when it led here, once. */
function useAsked(create: () => void, startImport: () => void): void {
  const { state, pathname, search } = useLocation();
  const navigate = useNavigate();
  const act = typeof state === 'object' && state !== null && 'act' in state ? state.act : undefined;
  useEffect(() => {
    const begin = act === 'create' ? create : act === 'import' ? startImport : undefined;
    if (begin) {
      begin();
      navigate(pathname + search, { replace: true });
    }
  }, [act, create, startImport, navigate, pathname, search]);
}

const Invitation = ({ onCreate, onImport }: { onCreate: () => void; onImport: () => void }) => (
  <EmptyState
    variant="call-to-action"
    image={<Door />}
    message={t('keys.invitation', 'Let the first one in')}
    button={
      <Stack gap={2} wrap="wrap" justifyContent="center">
        <Button icon="plus" size="lg" onClick={onCreate}>
          {t('keys.create-first', 'Create your first key')}
        </Button>
        <Button icon="download-alt" size="lg" variant="secondary" onClick={onImport}>
          {t('import.title', 'Import keys')}
        </Button>
      </Stack>
    }
  >
    {t(
      'keys.invitation-text',
      'Give every agent, script and service a key of its own. You choose what it may do and how long it lives, see when it was last used, and can stop it at any moment without touching the others.'
    )}
  </EmptyState>
);
