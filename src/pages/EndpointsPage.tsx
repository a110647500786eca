import { ClipboardButton, EmptyState, LoadingPlaceholder, Stack } from '@grafana/ui';
import React, { useState } from 'react';
import type { Endpoint } from '../api/types';
import { useCaller } from '../components/Caller';
import { Definition, Definitions } from '../components/Definitions';
import { Door } from '../components/Door';
import { EndpointTable } from '../components/EndpointTable';
import { Failure } from '../components/Failure';
import { NoAccess } from '../components/NoAccess';
import { Nothing } from '../components/Nothing';
import { UseDialog } from '../components/UseDialog';
import { useGate } from '../components/useGate';
import { useHost } from '../host';
import { t } from '../i18n';

/** What the gate protects, and how it is used. */
export const EndpointsPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return (
    <Page
      title={t('endpoints.title', 'Endpoints')}
      at="endpoints"
      subTitle={t('endpoints.subtitle', 'What the gate protects, what each takes, and how clients reach it.')}
    >
      {can('manage') ? <Endpoints /> : <NoAccess />}
    </Page>
  );
};

const Endpoints = () => {
  const { data, error, loading, reload } = useGate();
  const [used, setUsed] = useState<Endpoint>();
  if (!data) {
    return error && !error.temporary ? (
      <Failure error={error} what={t('endpoints.failed', 'The endpoints could not be read')} onRetry={reload} />
    ) : (
      <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
    );
  }
  const { gate, endpoints } = data;
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
              <ClipboardButton icon="copy" size="sm" variant="secondary" fill="text" getText={() => gate.url}>
                {t('token.copy-snippet', 'Copy')}
              </ClipboardButton>
            </Stack>
          ) : (
            <Nothing />
          )}
        </Definition>
      </Definitions>
      {endpoints.length ? (
        <EndpointTable endpoints={endpoints} stale={loading} onUse={setUsed} />
      ) : (
        <EmptyState variant="not-found" image={<Door />} message={t('endpoints.none', 'The gate has no endpoints yet')}>
          {t(
            'endpoints.none-text',
            'Name them under gate.endpoints in the server’s configuration file. Until then the gate only answers at /auth.'
          )}
        </EmptyState>
      )}
      {used && <UseDialog endpoint={used} onClose={() => setUsed(undefined)} />}
    </Stack>
  );
};
