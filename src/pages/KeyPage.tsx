import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, EmptyState, LoadingPlaceholder, Stack, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useMemo } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { api } from '../api/client';
import type { Key, KeyUsage } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';
import { AuditTable } from '../components/AuditTable';
import { StateBadge } from '../components/Badges';
import { BrownOut } from '../components/BrownOut';
import { useCaller } from '../components/Caller';
import { Definition, Definitions } from '../components/Definitions';
import { KeyClients, READ_EVERY } from '../components/KeyClients';
import { LimitsInWords } from '../components/LimitsInWords';
import { Door } from '../components/Door';
import { hasDraft } from '../components/drafts';
import { Failure } from '../components/Failure';
import { HeadButton } from '../components/HeadButton';
import { toTexts } from '../components/labels';
import { Nothing } from '../components/Nothing';
import { NoAccess } from '../components/NoAccess';
import { Opens } from '../components/Opens';
import { Part } from '../components/Part';
import { RefusedOfKey } from '../components/RefusedOfKey';
import { RuleTable } from '../components/RuleTable';
import { roleGrants } from '../components/roles';
import { isAnyTenant } from '../components/tenants';
import { ExactTime, Expiry } from '../components/Time';
import { TokenTable } from '../components/TokenTable';
import { UsageChart, useUsage } from '../components/UsageChart';
import { useDraftName } from '../components/useDraft';
import { useEndpoints } from '../components/useEndpoints';
import { useKeyActions, type KeyActions } from '../components/useKeyActions';
import { keysWith } from '../components/usePools';
import { useEvery } from '../components/useEvery';
import { useReturn } from '../components/useReturn';
import { whoMade } from '../components/whoMade';
import { count, exactTime } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { described } from '../said';

/** One key: all that is known of it, what can be done to it, and what was. */
export const KeyPage = () => {
  const { Page, href } = useHost();
  const { can } = useCaller();
  const { id = '' } = useParams();
  const parent = { title: t('keys.title', 'API keys'), href: href('keys') };
  return can('manage') ? (
    <ManagedKey key={id} id={id} parent={parent} />
  ) : (
    <Page title={t('keys.title', 'API keys')}>
      <NoAccess />
    </Page>
  );
};

const ManagedKey = ({ id, parent }: { id: string; parent: { title: string; href: string } }) => {
  const { Page, href } = useHost();
  const navigate = useNavigate();
  const { data: key, error, reload } = useQuery(useCallback((signal: AbortSignal) => api.key(id, signal), [id]));
  const { actions, dialog } = useKeyActions({ onChanged: reload, onDeleted: () => navigate(href('keys')) });

  useReturn(
    useMemo(() => key && [key], [key]),
    reload
  );
  useEvery(READ_EVERY, reload); // somebody else may change it, or use it

  const typed = useDraftName(`edit.${id}`);
  const known = key !== undefined;
  useEffect(() => {
    if (key && hasDraft(typed)) {
      actions.edit(key); // it was being edited when the page was left
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the key is first known
  }, [known]);

  if (error?.status === 404) {
    return (
      <Page title={t('key.not-found-title', 'Not found')} parent={parent}>
        <EmptyState
          variant="not-found"
          image={<Door />}
          message={t('key.not-found', 'There is no key with the id {{id}}', { id })}
          button={<TextLink href={parent.href}>{t('key.to-list', 'Show all keys')}</TextLink>}
        >
          {t('key.not-found-hint', 'It may have been deleted. The audit trail says by whom.')}
        </EmptyState>
      </Page>
    );
  }
  if (!key) {
    return (
      <Page title={id} parent={parent}>
        {error && !error.temporary ? (
          <Failure error={error} what={t('key.failed', 'The key could not be read')} onRetry={reload} />
        ) : (
          <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={key.name}
      subTitle={described(key.description)}
      parent={parent}
      actions={<Buttons target={key} actions={actions} />}
    >
      <Parts target={key} reload={reload} />
      {dialog}
    </Page>
  );
};

/** What is known of a key, part by part. */
const Parts = ({ target: key, reload }: { target: Key; reload: () => void }) => {
  const usage = useUsage(key);
  return (
    <Stack direction="column" gap={3} alignItems="stretch">
      <BrownOut target={key} />
      <Facts target={key} usage={usage} />
      <Tokens target={key} onChanged={reload} />
      <Part title={t('clients.title', 'Who uses it')}>
        <KeyClients target={key} />
      </Part>
      {usage.data && (
        <Part title={t('rules.title', 'Where it is sent')}>
          <RuleTable target={key} usage={usage.data} />
        </Part>
      )}
      <Part title={t('refused.of-this', 'Refused lately')}>
        <RefusedOfKey target={key} onFixed={reload} />
      </Part>
      <History target={key} />
    </Stack>
  );
};

const Buttons = ({ target, actions }: { target: Key; actions: KeyActions }) => {
  const may = (action: Key['actions'][number]) => target.actions.includes(action);
  return (
    <>
      {may('delete') && (
        <HeadButton
          variant="destructive"
          icon="trash-alt"
          text={t('action.delete', 'Delete')}
          onClick={() => actions.remove(target)}
        />
      )}
      {may('revoke') && (
        <HeadButton
          variant="destructive"
          icon="times-circle"
          text={t('action.revoke', 'Revoke')}
          onClick={() => actions.revoke(target)}
        />
      )}
      {may('disable') && (
        <HeadButton
          fill="solid"
          icon="pause"
          text={t('action.disable', 'Disable')}
          onClick={() => actions.setEnabled(target, false)}
        />
      )}
      {may('disable') && (
        <Button
          variant="secondary"
          icon="clock-nine"
          tooltip={t('action.pause', 'Disable for 1 minute')}
          aria-label={t('action.pause', 'Disable for 1 minute')}
          onClick={() => actions.pause(target)}
        />
      )}
      {may('enable') && (
        <HeadButton
          fill="solid"
          icon="play"
          text={t('action.enable', 'Enable')}
          onClick={() => actions.setEnabled(target, true)}
        />
      )}
      {may('edit') && (
        <HeadButton fill="solid" icon="pen" text={t('action.edit', 'Edit')} onClick={() => actions.edit(target)} />
      )}
      {may('rotate') && (
        <Button icon="sync" onClick={() => actions.rotate(target)}>
          {t('action.rotate', 'Rotate')}
        </Button>
      )}
    </>
  );
};

const Facts = ({ target: key, usage }: { target: Key; usage: Query<KeyUsage> }) => {
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const { endpoints } = useEndpoints();
  // The use by day was read after the key, which may have been used meanwhile: the two must not contradict each other.
  const uses = Math.max(key.useCount, usage.data?.total ?? 0);
  return (
    <Definitions>
      <Definition
        name={t('key.state', 'State')}
        note={key.disabledUntil && t('key.disabled-until', 'until {{at}}', { at: exactTime(key.disabledUntil) })}
      >
        <StateBadge state={key.state} />
      </Definition>
      <Definition name={t('key.owner', 'Owner')}>
        {key.owner ? (
          <TextLink href={keysWith('owner', key.owner, href)} inline={false}>
            {key.owner}
          </TextLink>
        ) : (
          <Nothing />
        )}
      </Definition>
      <Definition name={t('key.role', 'Role')} note={roleGrants(key.role)}>
        {key.role}
      </Definition>
      <Definition
        name={t('key.expires', 'Expires')}
        note={key.state !== 'revoked' && key.expiresAt && exactTime(key.expiresAt)}
      >
        <Expiry at={key.expiresAt} state={key.state} />
      </Definition>
      <Definition
        name={t('key.last-used', 'Last used')}
        note={key.lastUsedFrom && t('key.from', 'from {{address}}', { address: key.lastUsedFrom })}
      >
        {key.lastUsedAt ? <ExactTime at={key.lastUsedAt} /> : t('key.never-used', 'Never')}
      </Definition>
      {key.lastHeldAt && (
        <Definition name={t('key.last-held', 'Last held, after its end')}>
          <ExactTime at={key.lastHeldAt} />
        </Definition>
      )}
      {key.lastGraceAt && (
        <Definition name={t('key.last-grace', 'Last let in, after its end')}>
          <ExactTime at={key.lastGraceAt} />
        </Definition>
      )}
      <Definition name={t('key.uses', 'Requests')}>{count(uses)}</Definition>
      <Definition name={t('key.created', 'Created')} note={whoMade(key)}>
        <ExactTime at={key.createdAt} />
      </Definition>
      {key.revokedAt && (
        <Definition name={t('key.revoked', 'Revoked')}>
          <ExactTime at={key.revokedAt} />
        </Definition>
      )}
      <Definition name={t('key.pool', 'Pool')}>
        {key.pool ? (
          <TextLink href={keysWith('pool', key.pool, href)} inline={false}>
            {key.pool}
          </TextLink>
        ) : (
          <Nothing />
        )}
      </Definition>
      <Definition name={t('key.labels', 'Labels')}>
        <Links filter="label" values={toTexts(key.labels)} />
      </Definition>
      <Definition name={t('key.endpoints', 'Endpoints')} note={<Opens target={key} endpoints={endpoints} />}>
        {key.endpoints.join(', ') || t('key.all', 'All')}
      </Definition>
      <Definition name={t('key.allowed-addresses', 'Allowed addresses')}>
        {key.allowedCidrs.join(', ') || t('key.any-address', 'Any address')}
      </Definition>
      <Definition name={t('key.tenants', 'Tenants')}>
        {isAnyTenant(key.tenants) ? (
          <span className={styles.warning}>{t('key-form.any-tenant', 'Any tenant')}</span>
        ) : (
          <Links filter="tenant" values={key.tenants} />
        )}
      </Definition>
      <Definition name={t('key.limits', 'Limits')}>
        <LimitsInWords limits={key.limits} used={key.limitsUsed} />
      </Definition>
      <Definition name={t('key.id', 'Id')}>
        <span className={styles.mono}>{key.id}</span>
      </Definition>
      <UsageChart {...usage} />
    </Definitions>
  );
};

/** Values of a key, each with the way to the others that have it. */
const Links = ({ filter, values }: { filter: 'label' | 'tenant'; values: readonly string[] }) => {
  const { href } = useHost();
  if (!values.length) {
    return <Nothing />;
  }
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      {values.map((value) => (
        <TextLink key={value} href={keysWith(filter, value, href)} inline={false}>
          {value}
        </TextLink>
      ))}
    </Stack>
  );
};

const Tokens = ({ target, onChanged }: { target: Key; onChanged: () => void }) => (
  <Part title={t('key.tokens', 'Tokens')}>
    <TokenTable target={target} onChanged={onChanged} />
  </Part>
);

const History = ({ target }: { target: Key }) => (
  <Part title={t('audit.title', 'Audit trail')}>
    <AuditTable keyId={target.id} version={target} />
  </Part>
);

const getStyles = (theme: GrafanaTheme2) => ({
  mono: css({ fontFamily: theme.typography.fontFamilyMonospace, fontSize: theme.typography.bodySmall.fontSize }),
  warning: css({ color: theme.colors.warning.text }),
});
