import { Alert, Button, EmptyState, LoadingPlaceholder, Stack } from '@grafana/ui';
import React, { lazy, Suspense, useCallback, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { api } from '../api/client';
import type { Endpoint, EndpointList, RemovedEndpoint } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';
import { useCaller } from '../components/Caller';
import { CopyButton } from '../components/CopyButton';
import { Definition, Definitions } from '../components/Definitions';
import { Door } from '../components/Door';
import { EndpointTable } from '../components/EndpointTable';
import { Failure } from '../components/Failure';
import { NoAccess } from '../components/NoAccess';
import { Nothing } from '../components/Nothing';
import { RemovedEndpoints } from '../components/RemovedEndpoints';
import { UseDialog } from '../components/UseDialog';
import { useEvery } from '../components/useEvery';
import { useGate } from '../components/useGate';
import { notify } from '../components/notify';
import { useHost } from '../host';
import { t } from '../i18n';

const EndpointDialog = lazy(async () => ({
  default: (await import('../components/EndpointDialog')).EndpointDialog,
}));
const RemoveEndpointDialog = lazy(async () => ({
  default: (await import('../components/RemoveEndpointDialog')).RemoveEndpointDialog,
}));

/** How often the numbers are read again, in milliseconds. */
const READ_EVERY = 30_000;

/** What the gate protects, how it is used, and how much; made and changed here where that is allowed. */
export const EndpointsPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return can('manage') ? (
    <ManagedEndpoints />
  ) : (
    <Page title={t('endpoints.title', 'Endpoints')} at="endpoints">
      <NoAccess />
    </Page>
  );
};

type Open = 'create' | { again: RemovedEndpoint } | { endpoint: Endpoint; how: 'use' | 'change' | 'remove' };

const ManagedEndpoints = () => {
  const { Page } = useHost();
  const gate = useGate();
  const [params, setParams] = useSearchParams();
  const [chosen, setOpen] = useState<Open>();
  const { data, reload } = gate;
  // An address can lead to the form: the first steps do.
  const open = chosen ?? (params.has('new') && data?.inStore ? 'create' : undefined);
  const close = () => {
    setOpen(undefined);
    if (params.has('new')) {
      setParams({}, { replace: true });
    }
  };
  const finish = (text: string) => {
    close();
    notify(text);
    reload();
  };
  const create = data?.inStore && (
    <Button icon="plus" onClick={() => setOpen('create')}>
      {t('endpoints.create', 'Add endpoint')}
    </Button>
  );
  return (
    <Page
      title={t('endpoints.title', 'Endpoints')}
      at="endpoints"
      subTitle={t('endpoints.subtitle', 'What the gate protects, what each takes, and how clients reach it.')}
      actions={data?.endpoints.length ? create : undefined}
    >
      <Endpoints gate={gate} create={create} onOpen={setOpen} />
      {data && open && (
        <Suspense fallback={null}>
          {open === 'create' || 'again' in open ? (
            <EndpointDialog
              {...data}
              again={open === 'create' ? undefined : open.again}
              onSaved={({ name }) => finish(t('endpoints.created', 'Added the endpoint “{{name}}”', { name }))}
              onCancel={close}
            />
          ) : open.how === 'change' ? (
            <EndpointDialog
              {...data}
              target={open.endpoint}
              onSaved={({ name }) => finish(t('edit.done', 'Saved “{{name}}”', { name }))}
              onCancel={close}
            />
          ) : open.how === 'remove' ? (
            <RemoveEndpointDialog
              target={open.endpoint}
              onRemoved={() =>
                finish(t('endpoints.removed', 'Removed the endpoint “{{name}}”', { name: open.endpoint.name }))
              }
              onCancel={close}
            />
          ) : (
            <UseDialog endpoint={open.endpoint} onClose={close} />
          )}
        </Suspense>
      )}
    </Page>
  );
};

interface EndpointsProps {
  gate: Query<EndpointList>;
  /** The button that makes one, where that is allowed. */
  create: React.ReactNode;
  onOpen: (open: Open) => void;
}

const Endpoints = ({ gate: { data, error, loading, reload }, create, onOpen }: EndpointsProps) => {
  const traffic = useTraffic();
  if (!data) {
    return error && !error.temporary ? (
      <Failure error={error} what={t('endpoints.failed', 'The endpoints could not be read')} onRetry={reload} />
    ) : (
      <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
    );
  }
  const { gate, endpoints, inStore, removed } = data;
  const inFile = endpoints.some(({ source }) => source === 'file');
  return (
    <Stack direction="column" gap={3} alignItems="stretch">
      <Definitions>
        <Definition
          name={t('endpoints.gate', 'Address of the gate')}
          note={gate.certificate && t('endpoints.self-made', 'Its certificate is self-made.')}
        >
          {gate.url ? (
            <Stack direction="row" gap={1} alignItems="center">
              <code>{gate.url}</code>
              <CopyButton
                icon="copy"
                size="sm"
                variant="secondary"
                fill="text"
                aria-label={t('token.copy-one', 'Copy: {{what}}', { what: t('endpoints.gate', 'Address of the gate') })}
                getText={() => gate.url}
              >
                {t('token.copy-snippet', 'Copy')}
              </CopyButton>
            </Stack>
          ) : (
            <Nothing />
          )}
        </Definition>
      </Definitions>
      {endpoints.length ? (
        <EndpointTable
          endpoints={endpoints}
          traffic={traffic}
          stale={loading}
          actions={{
            use: (endpoint) => onOpen({ endpoint, how: 'use' }),
            change: (endpoint) => onOpen({ endpoint, how: 'change' }),
            remove: (endpoint) => onOpen({ endpoint, how: 'remove' }),
          }}
        />
      ) : (
        <EmptyState
          variant="call-to-action"
          image={<Door />}
          message={t('endpoints.none', 'The gate has no endpoints yet')}
          button={create}
        >
          {inStore
            ? t(
                'endpoints.none-here',
                'Name what is to be protected: a path at the gate, and the program that it leads to. Until then the gate only answers at /auth.'
              )
            : t(
                'endpoints.none-text',
                'Name them under gate.endpoints in the server’s configuration file. Until then the gate only answers at /auth.'
              )}
        </EmptyState>
      )}
      {inFile && (
        <Alert
          severity="info"
          title={t('endpoints.in-file', 'Those of the server’s configuration file are changed there')}
        >
          {inStore
            ? t('endpoints.in-file-wins', 'They go before those that are made here.')
            : t(
                'endpoints.not-here',
                'To make endpoints here, set gate.endpoints_in_store: true and list in gate.upstreams what may stand behind them.'
              )}
        </Alert>
      )}
      {removed && (
        <RemovedEndpoints removed={removed} onMakeAgain={inStore ? (again) => onOpen({ again }) : undefined} />
      )}
    </Stack>
  );
};

/** How much each endpoint was asked in the last week; undefined until that is known. */
function useTraffic() {
  const { data, reload } = useQuery(
    useCallback((signal: AbortSignal) => api.stats({ since: '7d', step: '1d' }, signal), [])
  );
  useEvery(READ_EVERY, reload);
  return data?.endpoints;
}
