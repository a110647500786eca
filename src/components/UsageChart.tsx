import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Tooltip, useStyles2 } from '@grafana/ui';
import React, { useCallback } from 'react';
import { api } from '../api/client';
import type { DayUsage, Key, KeyUsage } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';
import { count, utcDay } from '../format';
import { t } from '../i18n';
import { getSmallStyle } from './Definitions';
import { forced } from './forcedColors';

/** How many days the chart shows; its texts say so too. */
const DAYS = 30;

/** Reads a key's use on each of the last days, and again whenever the key was read again. */
export const useUsage = (target: Key): Query<KeyUsage> =>
  useQuery(useCallback((signal: AbortSignal) => api.usage(target.id, DAYS, signal), [target]));

/**
 * A key's use by day: how much it was in all, and a bar for each day, with what was refused on top of what was let in.
 * It is a row of a list of definitions.
 */
export const UsageChart = ({ data, error, reload }: Query<KeyUsage>) => {
  const styles = useStyles2(getStyles);
  const drawn = data ? data.total + data.denied > 0 : !error; // while nothing is known yet, room is kept
  return (
    <div className={styles.row}>
      <dt className={styles.name}>{t('usage.title', 'Last 30 days')}</dt>
      <dd className={cx(styles.words, !drawn && styles.wide)}>
        {data ? (
          <Summary usage={data} />
        ) : error && !error.temporary ? (
          <>
            <div>{t('usage.failed', 'The use by day could not be read')}</div>
            <div className={styles.small}>{error.message}</div>
            <Button className={styles.retry} variant="secondary" size="sm" icon="sync" onClick={reload}>
              {t('common.retry', 'Try again')}
            </Button>
          </>
        ) : (
          <>&nbsp;</>
        )}
      </dd>
      {drawn && <dd className={styles.chart}>{data && <Bars usage={data} />}</dd>}
    </div>
  );
};

const Summary = ({ usage }: { usage: KeyUsage }) => {
  const styles = useStyles2(getStyles);
  if (!usage.total && !usage.denied) {
    return <span className={styles.quiet}>{t('usage.none', 'Not used in the last 30 days')}</span>;
  }
  const { date, count: most } = busiest(usage);
  return (
    <>
      {requests(usage.total)}
      {usage.denied > 0 && (
        <div className={styles.refused}>{t('overview.refused', '{{n}} refused', { n: count(usage.denied) })}</div>
      )}
      {usage.total > 0 && (
        <div className={styles.small}>
          {t('usage.most', 'Most on {{day}}: {{n}}', { day: utcDay(date), n: count(most) })}
        </div>
      )}
    </>
  );
};

const Bars = ({ usage }: { usage: KeyUsage }) => {
  const styles = useStyles2(getStyles);
  const most = busiest(usage);
  const top = Math.max(...usage.days.map((day) => day.count + day.denied));
  const inAll = t('usage.described', '{{requests}} in the last 30 days. The most were {{n}}, on {{day}}.', {
    requests: requests(usage.total),
    n: count(most.count),
    day: utcDay(most.date),
  });
  return (
    <>
      <div role="img" className={styles.bars} aria-label={usage.denied ? `${inAll} ${refusedInWords(usage)}` : inAll}>
        {usage.days.map((day) => (
          <Tooltip key={day.date} content={ofDay(day)} placement="top">
            <div className={styles.day}>
              {day.denied > 0 && <div className={styles.denied} style={{ height: `${(100 * day.denied) / top}%` }} />}
              {day.count > 0 && <div className={styles.bar} style={{ height: `${(100 * day.count) / top}%` }} />}
            </div>
          </Tooltip>
        ))}
      </div>
      <div className={styles.ends} aria-hidden>
        <span>{utcDay(usage.from)}</span>
        <span>{t('usage.utc', '{{day}} (UTC)', { day: utcDay(usage.to) })}</span>
      </div>
    </>
  );
};

/** The day with the most requests; the last, if there are several. */
function busiest({ days }: KeyUsage): DayUsage {
  return days.reduce((most, day) => (day.count >= most.count ? day : most));
}

/** A day with its numbers. */
const ofDay = ({ date, count: allowed, denied }: DayUsage) =>
  [
    t('said', '{{name}}: {{value}}', { name: utcDay(date), value: requests(allowed) }),
    denied > 0 && t('overview.refused', '{{n}} refused', { n: count(denied) }),
  ]
    .filter(Boolean)
    .join(', ');

/** How often it was refused, and on which days: the last of them by name. */
function refusedInWords({ days, denied }: KeyUsage): string {
  const last = days.filter((day) => day.denied).at(-1);
  return t('usage.refused', '{{n}} were refused, last on {{day}}.', {
    n: count(denied),
    day: last ? utcDay(last.date) : '',
  });
}

function requests(n: number): string {
  return t('usage.requests', '{{n}} requests', {
    count: n,
    n: count(n),
    defaultValue_one: '{{n}} request',
    defaultValue_other: '{{n}} requests',
  });
}

const getStyles = (theme: GrafanaTheme2) => {
  const small = getSmallStyle(theme);
  return {
    row: css({
      gridColumn: '1 / -1',
      display: 'grid',
      gridTemplateColumns: 'subgrid', // the chart begins where the second value of each row does
      gridTemplateRows: 'auto 1fr',
      paddingTop: theme.spacing(2.5),
      borderTop: `1px solid ${theme.colors.border.weak}`,
      [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)', gridTemplateRows: 'auto' },
    }),
    name: css(small),
    words: css({ margin: theme.spacing(0.5, 0, 0), gridColumn: 1 }),
    wide: css({ gridColumn: '1 / -1' }),
    small: css(small),
    quiet: css({ color: theme.colors.text.secondary }),
    refused: css({ ...small, color: theme.colors.error.text }),
    retry: css({ marginTop: theme.spacing(1) }),
    chart: css({
      margin: 0,
      minHeight: 76,
      gridColumn: '2 / -1',
      gridRow: '1 / span 2',
      [theme.breakpoints.down('md')]: { gridColumn: 1, gridRow: 'auto', marginTop: theme.spacing(1), minHeight: 0 },
    }),
    bars: css({ display: 'flex', height: 56, borderBottom: `1px solid ${theme.colors.border.medium}` }),
    day: css({
      flex: 1,
      display: 'flex',
      flexDirection: 'column',
      justifyContent: 'flex-end',
      padding: '0 1px',
      '&:hover': { background: theme.colors.action.hover },
    }),
    bar: css({
      width: '100%',
      minHeight: 2,
      background: theme.visualization.getColorByName('blue'),
      ...forced('CanvasText'),
    }),
    denied: css({
      width: '100%',
      minHeight: 2,
      background: theme.visualization.getColorByName('red'),
      ...forced('Highlight'),
    }),
    ends: css({ ...small, display: 'flex', justifyContent: 'space-between', marginTop: theme.spacing(0.5) }),
  };
};
