import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, EmptyState, LoadingPlaceholder, Stack, TextLink, useStyles2 } from '@grafana/ui';
import React from 'react';
import { useCaller } from '../components/Caller';
import { DenialFilters } from '../components/DenialFilters';
import { DenialTable } from '../components/DenialTable';
import { Door } from '../components/Door';
import { Failure } from '../components/Failure';
import { forced } from '../components/forcedColors';
import { NoAccess } from '../components/NoAccess';
import { StickyBar } from '../components/StickyBar';
import { useDenialFilter } from '../components/useDenialFilter';
import { useDenials, type Denials } from '../components/useDenials';
import { useGate } from '../components/useGate';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';

/** Why requests were refused, as it happens. */
export const RefusedPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return (
    <Page
      title={t('refused.title', 'Refused')}
      at="refused"
      subTitle={t(
        'refused.subtitle',
        'Requests that were not let in, why, and what to do about it. They are kept for 7 days.'
      )}
    >
      {can('manage') ? <Refusals /> : <NoAccess />}
    </Page>
  );
};

const Refusals = () => {
  const { filter, setFilter, query } = useDenialFilter();
  const list = useDenials(query);
  const gate = useGate();
  const { denials, error, loading, reload, readMore, failure } = list;
  const narrowed = Object.values(filter).some(Boolean);
  return (
    <StickyBar
      bar={
        <Stack direction="column" gap={1} alignItems="stretch">
          <DenialFilters
            filter={filter}
            endpoints={gate.data?.endpoints.map(({ name }) => name) ?? []}
            keyName={denials?.find(({ keyId }) => keyId === filter.keyId)?.keyName ?? ''}
            onChange={setFilter}
          />
          {denials && <Following {...list} />}
        </Stack>
      }
    >
      {error && !error.temporary && (
        <Failure error={error} what={t('refused.failed', 'The refused requests could not be read')} onRetry={reload} />
      )}
      {!denials && !error && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />}
      {denials?.length === 0 && (narrowed ? <NoneFound /> : <None />)}
      {denials && denials.length > 0 && <DenialTable denials={denials} stale={loading} />}
      {failure && <Failure error={failure} what={t('refused.failed', 'The refused requests could not be read')} />}
      {readMore && (
        <div>
          <Button variant="secondary" onClick={readMore}>
            {t('audit.more', 'Show older entries')}
          </Button>
        </div>
      )}
    </StickyBar>
  );
};

/** Whether new ones appear by themselves, and the switch for that. */
const Following = ({ live, paused, setPaused, waiting }: Denials) => {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.following}>
      <span className={paused ? styles.still : styles.pulse} aria-hidden />
      <span role="status" className={styles.quiet}>
        {paused
          ? t('refused.waiting', 'Paused; {{n}} came meanwhile', { n: count(waiting) })
          : live
            ? t('refused.live', 'New ones appear as they happen')
            : t('refused.polling', 'New ones appear every few seconds')}
      </span>
      <Button
        variant="secondary"
        fill="outline"
        size="sm"
        icon={paused ? 'play' : 'pause'}
        onClick={() => setPaused(!paused)}
      >
        {paused ? t('refused.resume', 'Go on') : t('refused.pause', 'Pause')}
      </Button>
    </div>
  );
};

const None = () => (
  <EmptyState variant="not-found" image={<Door />} message={t('refused.none', 'Nothing was refused')}>
    {t(
      'refused.none-text',
      'When a client is turned away, its request appears here at once: with its key, its address, why, and what helps.'
    )}
  </EmptyState>
);

const NoneFound = () => {
  const { href } = useHost();
  return (
    <EmptyState variant="not-found" image={<Door />} message={t('refused.none-found', 'No refused request matches')}>
      {t('refused.none-found-hint', 'Search for something else, or take a filter away.')}{' '}
      <TextLink href={href('refused')}>{t('refused.show-all', 'Show all')}</TextLink>
    </EmptyState>
  );
};

const getStyles = (theme: GrafanaTheme2) => {
  const dot = { width: 8, height: 8, borderRadius: '50%' };
  return {
    following: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
    quiet: css({ color: theme.colors.text.secondary, marginRight: 'auto' }),
    still: css({ ...dot, background: theme.colors.text.disabled, ...forced('GrayText') }),
    pulse: css({
      ...dot,
      background: theme.colors.success.main,
      ...forced('CanvasText'),
      [theme.transitions.handleMotion('no-preference')]: {
        animation: 'ostiary-live 2s ease-in-out infinite',
        '@keyframes ostiary-live': { '50%': { opacity: 0.3 } },
      },
    }),
  };
};
