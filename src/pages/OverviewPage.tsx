import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, LoadingPlaceholder, Stack, TextLink, useStyles2 } from '@grafana/ui';
import React, { lazy, Suspense, useCallback, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { api } from '../api/client';
import type { Stats, StatsQuery } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useCaller } from '../components/Caller';
import { codeName } from '../components/codes';
import { keepProgress, keptProgress } from '../components/firstProgress';
import { Failure } from '../components/Failure';
import { Figure, Figures } from '../components/Figure';
import { FIRST_STEPS, linkTo } from '../components/links';
import { NoAccess } from '../components/NoAccess';
import { Panel } from '../components/Panel';
import { RadioRow } from '../components/RadioRow';
import { Ranking, type Rank } from '../components/Ranking';
import { Time } from '../components/Time';
import { TrafficChart } from '../components/TrafficChart';
import { useEvery } from '../components/useEvery';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';

const FirstSteps = lazy(async () => ({ default: (await import('../components/FirstSteps')).FirstSteps }));

/** The spans that can be looked at, with the step of their charts. */
const SPANS = { '24h': '1h', '7d': '1h', '30d': '1d' } as const satisfies Record<string, StatsQuery['step']>;
type Span = keyof typeof SPANS;
const DEFAULT_SPAN: Span = '24h';

/** How often the numbers are read again, in milliseconds. */
const READ_EVERY = 30_000;

/** What the gate does and how the keys stand, in numbers that lead to what they count. */
export const OverviewPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return can('manage') ? (
    <Overview />
  ) : (
    <Page title={t('overview.title', 'Overview')} at="">
      <NoAccess />
    </Page>
  );
};

const Overview = () => {
  const { Page } = useHost();
  const [params, setParams] = useSearchParams();
  const asked = params.get('range') ?? '';
  const span: Span = Object.hasOwn(SPANS, asked) ? (asked as Span) : DEFAULT_SPAN;
  const read = useCallback((signal: AbortSignal) => api.stats({ since: span, step: SPANS[span] }, signal), [span]);
  const { data, error, reload } = useQuery(read);
  useEvery(READ_EVERY, reload);

  const steps = useFirstSteps(data);
  return (
    <Page
      title={t('overview.title', 'Overview')}
      at=""
      subTitle={t('overview.subtitle', 'What the gate lets in and refuses, and which keys need somebody.')}
      actions={
        data &&
        !steps.shown && (
          <>
            {data.keys.total <= FEW && (
              <Button variant="secondary" fill="text" onClick={steps.begin}>
                {t('first.steps', 'First steps')}
              </Button>
            )}
            <RadioRow<Span>
              aria-label={t('overview.span', 'Time span')}
              options={[
                { value: '24h', label: t('overview.day', '24 h') },
                { value: '7d', label: t('overview.week', '7 d') },
                { value: '30d', label: t('overview.month', '30 d') },
              ]}
              value={span}
              onChange={(next) => setParams(next === DEFAULT_SPAN ? {} : { range: next }, { replace: true })}
            />
          </>
        )
      }
    >
      {error && !error.temporary && (
        <Failure error={error} what={t('overview.failed', 'The numbers could not be read')} onRetry={reload} />
      )}
      {!data && !error && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />}
      {data && steps.shown && (
        <Suspense fallback={null}>
          <FirstSteps onDone={() => (steps.end(), reload())} />
        </Suspense>
      )}
      {data && !steps.shown && <Numbers stats={data} span={span} />}
    </Page>
  );
};

/** Up to how many keys the first steps are offered again. */
const FEW = 10;

/**
 * Whether the first steps are shown: while no key was used, and to their end for who has begun with them. They can be
 * brought back, also by an address.
 */
function useFirstSteps(data: Stats | undefined) {
  const { whoami } = useCaller();
  const [params, setParams] = useSearchParams();
  const [begun, setBegun] = useState<boolean>();
  const { orgId, keyId } = whoami;
  const begin = () => {
    setBegun(true);
    keepProgress(orgId, 'begun');
  };
  if (data && begun === undefined) {
    const kept = keptProgress(orgId);
    if (kept ? kept === 'begun' : isNew(data, Boolean(keyId))) {
      begin();
    } else {
      setBegun(false);
    }
  }
  const end = () => {
    setBegun(false);
    keepProgress(orgId, 'over');
    setParams({}, { replace: true });
  };
  return { shown: Boolean(begun) || params.has(FIRST_STEPS), begin, end };
}

/** Whether no key was used yet, but for the one that somebody signed in with. */
const isNew = ({ keys }: Stats, signedInWithOne: boolean) =>
  keys.total - keys.neverUsed - (signedInWithOne ? 1 : 0) <= 0;

const Numbers = ({ stats, span }: { stats: Stats; span: Span }) => {
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const keysWith = (params: Record<string, string>) => linkTo(href, 'keys', params);
  // Refusals are kept for a week.
  const refused = (params: Record<string, string> = {}) =>
    linkTo(href, 'refused', { since: span === '30d' ? '7d' : span, ...params });
  const { keys } = stats;
  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      <Panel title={t('overview.requests', 'Requests')}>
        <div className={styles.gate}>
          <Figures label={t('overview.requests', 'Requests')}>
            <Figure name={t('traffic.allowed', 'Let in')} n={stats.allowed} href={keysWith({ sort: '-lastUsedAt' })} />
            <Figure name={t('traffic.denied', 'Refused')} n={stats.denied} href={refused()} tone="error" />
          </Figures>
          <TrafficChart {...stats} />
        </div>
      </Panel>
      <Panel
        title={t('keys.title', 'API keys')}
        aside={
          <TextLink href={href('keys')} inline={false}>
            {t('overview.all-keys', 'All {{n}}', { n: count(keys.total) })}
          </TextLink>
        }
      >
        <Figures label={t('keys.title', 'API keys')}>
          <Figure name={t('state.active', 'Active')} n={keys.active} href={keysWith({ state: 'active' })} />
          <Figure
            name={t('filter.expires-30d', 'Ends within 30 days')}
            n={keys.endingSoon}
            href={keysWith({ expires: '30d', sort: 'expiresAt' })}
            tone="warning"
          />
          <Figure
            name={t('filter.unused-90d', 'Unused for 90 days')}
            n={keys.unused90d}
            href={keysWith({ unused: '90d' })}
          />
          <Figure
            name={t('overview.never-used', 'Never used')}
            n={keys.neverUsed}
            href={keysWith({ unused: 'never' })}
          />
          <Figure name={t('state.disabled', 'Disabled')} n={keys.disabled} href={keysWith({ state: 'disabled' })} />
          <Figure name={t('state.expired', 'Expired')} n={keys.expired} href={keysWith({ state: 'expired' })} />
          <Figure name={t('state.revoked', 'Revoked')} n={keys.revoked} href={keysWith({ state: 'revoked' })} />
        </Figures>
      </Panel>
      <div className={styles.panels}>
        <Panel title={t('overview.codes', 'Why requests were refused')}>
          <Ranking
            label={t('overview.codes', 'Why requests were refused')}
            none={t('overview.none-refused', 'None was refused.')}
            rows={stats.codes.map(({ code, requests }) => ({
              id: code,
              name: codeName(code),
              href: refused({ code }),
              size: requests,
              refused: code === 'grace' ? 0 : requests,
              value: (
                <>
                  <span aria-hidden>{count(requests)}</span>
                  <span className="sr-only">
                    {code === 'grace'
                      ? t('overview.let-in', '{{n}} let in', { n: count(requests) })
                      : t('overview.refused', '{{n}} refused', { n: count(requests) })}
                  </span>
                </>
              ),
            }))}
          />
        </Panel>
        <Panel title={t('endpoints.title', 'Endpoints')}>
          <Ranking
            label={t('endpoints.title', 'Endpoints')}
            none={t('overview.none-asked', 'None was asked for anything.')}
            rows={stats.endpoints.map(({ endpoint, allowed, denied }) => ({
              id: endpoint,
              name: endpoint || t('overview.no-endpoint', 'without an endpoint'),
              href: endpoint ? keysWith({ endpoint }) : undefined,
              size: allowed + denied,
              refused: denied,
              value: <Traffic allowed={allowed} denied={denied} href={refused(endpoint ? { endpoint } : {})} />,
            }))}
          />
        </Panel>
        <Panel title={t('overview.ending', 'Which keys end next')}>
          <Ranking
            label={t('overview.ending', 'Which keys end next')}
            none={t('overview.none-ends', 'None ends within 30 days.')}
            rows={stats.ending.map(({ id, name, owner, expiresAt }) => ({
              ...keyRank({ id, name, owner }, href),
              value: <Time at={expiresAt} />,
            }))}
          />
        </Panel>
        <Panel title={t('overview.most-used', 'Which keys are used most')}>
          <Ranking
            label={t('overview.most-used', 'Which keys are used most')}
            none={t('overview.none-used', 'None was used.')}
            note={t('overview.counted', 'Counted at the gate, and of keys that manage, here too.')}
            rows={stats.mostUsed.map(({ id, name, owner, requests, denied }) => ({
              ...keyRank({ id, name, owner }, href),
              size: requests,
              refused: denied,
              value: <Traffic allowed={requests - denied} denied={denied} href={refused({ keyId: id })} />,
            }))}
          />
        </Panel>
      </div>
    </Stack>
  );
};

const keyRank = (
  { id, name, owner }: Pick<Stats['ending'][number], 'id' | 'name' | 'owner'>,
  href: (page: string) => string
): Omit<Rank, 'value'> => ({ id, name: name || id, href: href(`keys/${id}`), note: owner });

/** How many were let in, and how many were not, if any. */
const Traffic = ({ allowed, denied, href }: { allowed: number; denied: number; href: string }) => {
  const styles = useStyles2(getStyles);
  return (
    <>
      <span aria-hidden>{count(allowed)}</span>
      <span className="sr-only">{t('overview.let-in', '{{n}} let in', { n: count(allowed) })}</span>
      {denied > 0 && (
        <span className={styles.refused}>
          <TextLink href={href} color="secondary" inline={false}>
            {t('overview.refused', '{{n}} refused', { n: count(denied) })}
          </TextLink>
        </span>
      )}
    </>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  gate: css({
    display: 'grid',
    gridTemplateColumns: '170px minmax(0, 1fr)',
    gap: theme.spacing(3),
    ul: { gridTemplateColumns: 'repeat(auto-fit, minmax(130px, 1fr))', alignContent: 'start' },
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)', gap: theme.spacing(2) },
  }),
  panels: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: theme.spacing(2),
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  refused: css({ marginLeft: theme.spacing(1), a: { display: 'inline' } }),
});
