import { Alert, Badge, LoadingPlaceholder, Stack } from '@grafana/ui';
import React, { useCallback, useRef, useState } from 'react';
import { api } from '../api/client';
import { readAgain } from '../api/status';
import type { Health, Policy, PolicySettings, Status } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useCaller } from '../components/Caller';
import { Definition, Definitions } from '../components/Definitions';
import { differing } from '../components/differing';
import { Failure } from '../components/Failure';
import { Meanwhile } from '../components/meanwhile';
import { NoAccess } from '../components/NoAccess';
import { Nothing } from '../components/Nothing';
import { Notices } from '../components/Notices';
import { Part } from '../components/Part';
import { PolicyForm } from '../components/PolicyForm';
import { count, decimal, duration } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { formatTtl } from '../ttl';

interface Props {
  /** How the policy is changed in Grafana, and what was set; the rest is in force. Without it, the server says. */
  policy?: { settings: Partial<PolicySettings>; save: (settings: PolicySettings) => Promise<void> };
}

/** The policy of the organization, what people are told, and the state of the server. */
export const SettingsPage = ({ policy }: Props) => {
  const { Page } = useHost();
  const { can, policy: inForce } = useCaller();
  return (
    <Page title={t('settings.title', 'Settings')} at={policy ? undefined : 'settings'}>
      {can('manage') ? (
        <Stack direction="column" gap={4} alignItems="stretch">
          <Part title={t('settings.policy', 'Policy for new keys')}>
            {policy ? (
              <PolicyForm settings={{ ...typed(inForce), ...policy.settings }} onSave={policy.save} />
            ) : (
              <PolicyInForce />
            )}
          </Part>
          <Part title={t('notices.title', 'Notices')}>
            <Notices />
          </Part>
          <Part title={t('settings.server', 'Server')}>
            <Server />
          </Part>
        </Stack>
      ) : (
        <NoAccess />
      )}
    </Page>
  );
};

/** A policy as it would be typed. */
const typed = ({ defaultTtl, maxTtl, roles }: Policy): PolicySettings => ({
  defaultTtl: formatTtl(defaultTtl),
  maxTtl: maxTtl ? formatTtl(maxTtl) : '0',
  roles,
});

/** The policy as the server has it; changed here as far as it lets. */
const PolicyInForce = () => {
  const { data, error, reload } = useQuery<Policy>(useCallback((signal: AbortSignal) => api.policy(signal), []));
  if (!data) {
    return <NotYet error={error} what={t('settings.policy-failed', 'The policy could not be read')} onRetry={reload} />;
  }
  const { editable } = data;
  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      {editable.length ? (
        <PolicyHere shown={typed(data)} editable={editable} />
      ) : (
        <Definitions>
          <Definition name={t('policy.default', 'Lifetime when none is chosen')}>
            {data.defaultTtl ? duration(data.defaultTtl) : t('time.never-expires', 'Never')}
          </Definition>
          <Definition name={t('policy.max', 'Longest lifetime')}>
            {data.maxTtl ? duration(data.maxTtl) : t('policy.no-limit', 'No limit')}
          </Definition>
          <Definition name={t('policy.roles', 'Roles that keys may have')}>{data.roles.join(', ')}</Definition>
        </Definitions>
      )}
      {editable.length < FIELDS && (
        <Alert severity="info" title={t('settings.where', 'The policy is set where the server is configured')}>
          {editable.length
            ? t('settings.where-part', 'What is grey here stands in its configuration file, and is changed there.')
            : t(
                'settings.where-text',
                'Change policy.default_ttl and policy.max_ttl in its configuration file, then start it again.'
              )}
        </Alert>
      )}
    </Stack>
  );
};

/** The policy where it can be changed here, beside others who change it too. */
const PolicyHere = ({ shown, editable }: { shown: PolicySettings; editable: Array<keyof PolicySettings> }) => {
  const known = useRef(shown);
  const [meanwhile] = useState(() => new Meanwhile(shown, async () => typed(await api.policy()), policyField));
  const save = async (settings: PolicySettings) => {
    const change = differing(
      Object.fromEntries(editable.map((name) => [name, settings[name] || '0'])) as Partial<PolicySettings>,
      known.current
    );
    await meanwhile.check(change);
    known.current = typed(await api.updatePolicy(change));
    readAgain(); // other pages offer what the policy allows
  };
  return <PolicyForm settings={shown} editable={editable} onSave={save} />;
};

/** How the form calls a field of the policy. */
const policyField = (name: keyof PolicySettings): string =>
  ({
    defaultTtl: t('policy.default', 'Lifetime when none is chosen'),
    maxTtl: t('policy.max', 'Longest lifetime'),
    roles: t('policy.roles', 'Roles that keys may have'),
  })[name];

/** How many fields a policy has. */
const FIELDS = 3;

const Server = () => {
  const { data, error, reload } = useQuery<Health>(useCallback((signal: AbortSignal) => api.health(signal), []));
  if (!data) {
    return (
      <NotYet
        error={error}
        what={t('settings.health-failed', 'The state of the server could not be read')}
        onRetry={reload}
      />
    );
  }
  const { store, replica, gate, version } = data;
  return (
    <Definitions>
      <Definition name={t('settings.store', 'Store')} note={store?.error || store?.engine}>
        <StatusBadge status={store?.status ?? data.status} />
      </Definition>
      {gate && (
        <Definition name={t('settings.gate', 'Gate')} note={gate.listen || t('settings.gate-off', 'Switched off')}>
          {gate.listen ? <StatusBadge status={gate.status} /> : <Nothing />}
        </Definition>
      )}
      {replica && (
        <Definition
          name={t('settings.replica', 'Keys in memory')}
          note={
            replica.ready
              ? t('settings.lag', 'current to {{seconds}} s', { seconds: decimal(replica.lagSeconds) })
              : t('settings.not-ready', 'still being loaded')
          }
        >
          {count(replica.keys)}
        </Definition>
      )}
      {version && <Definition name={t('settings.version', 'Version')}>{version}</Definition>}
    </Definitions>
  );
};

const NotYet = ({ error, what, onRetry }: Partial<React.ComponentProps<typeof Failure>> & { what: string }) =>
  error && !error.temporary ? (
    <Failure error={error} what={what} onRetry={onRetry} />
  ) : (
    <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
  );

const StatusBadge = ({ status }: { status: Status }) => {
  switch (status) {
    case 'ok':
      return <Badge color="green" icon="check" text={t('status.ok', 'Works')} />;
    case 'degraded':
      return <Badge color="orange" icon="exclamation-triangle" text={t('status.degraded', 'Works in part')} />;
    case 'unavailable':
      return <Badge color="red" icon="times-circle" text={t('status.unavailable', 'Does not work')} />;
  }
};
