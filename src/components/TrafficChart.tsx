import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { useId, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Stats, StatsPoint } from '../api/types';
import { count, hour, shortDay, shortHour, utcDay } from '../format';
import { t } from '../i18n';
import { getSmallStyle } from './Definitions';
import { FORCED, forced } from './forcedColors';

type Props = Pick<Stats, 'points' | 'step' | 'allowed' | 'denied'>;

/**
 * Requests over time: a bar a step, what was refused on top of what was let in. It is a slider for the keyboard and for
 * screen readers: the arrows go from step to step, and each says its numbers.
 */
export const TrafficChart = ({ points, step, allowed, denied }: Props) => {
  const styles = useStyles2(getStyles);
  const [at, setAt] = useState<number>();
  const id = useId();
  const last = points.length - 1;
  const here = at === undefined ? undefined : points[Math.min(at, last)];
  const top = roundUp(Math.max(...points.map((point) => point.allowed + point.denied), 1));

  const follow = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = width ? (event.clientX - left) / width : 0;
    setAt(Math.max(0, Math.min(last, Math.floor(share * points.length))));
  };
  const press = (event: KeyboardEvent) => {
    const now = at ?? last;
    const to: Record<string, number | undefined> = {
      ArrowLeft: now - 1,
      ArrowDown: now - 1,
      ArrowRight: now + 1,
      ArrowUp: now + 1,
      PageDown: now - 24,
      PageUp: now + 24,
      Home: 0,
      End: last,
    };
    const next = to[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(last, next)));
    }
  };
  if (last < 0) {
    return null;
  }
  return (
    <div className={styles.chart}>
      <div className={styles.scale} aria-hidden>
        {[1, 0.5, 0].map((share) => (
          <span key={share}>{Number.isInteger(top * share) && shortCount(top * share)}</span>
        ))}
      </div>
      <div
        role="slider"
        tabIndex={0}
        className={styles.plot}
        aria-label={t('traffic.title', 'Requests over time')}
        aria-describedby={`${id}-all`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={Math.min(at ?? last, last)}
        aria-valuetext={inWords(here ?? points[last], step)}
        onKeyDown={press}
        onFocus={(event) => event.currentTarget.matches(':focus-visible') && setAt(at ?? last)}
        onBlur={() => setAt(undefined)}
        onPointerMove={follow}
        onPointerDown={follow}
        onPointerLeave={() => setAt(undefined)}
      >
        <Bars points={points} top={top} at={here && points.indexOf(here)} />
        {here && <Readout point={here} step={step} share={(points.indexOf(here) + 0.5) / points.length} />}
      </div>
      <div className={styles.times} aria-hidden>
        {ticks(points, step).map(({ text, share, spare }) => (
          <span key={share} className={cx(styles.time, spare && styles.spare)} style={{ left: `${share * 100}%` }}>
            {text}
          </span>
        ))}
      </div>
      <p id={`${id}-all`} className="sr-only">
        {t('traffic.in-all', '{{allowed}} let in and {{denied}} refused in all.', {
          allowed: count(allowed),
          denied: count(denied),
        })}
      </p>
    </div>
  );
};

/** The least height of what was refused, in percent: a single refusal among thousands is still to be seen. */
const SEEN = 1.5;

const Bars = ({ points, top, at }: { points: readonly StatsPoint[]; top: number; at?: number }) => {
  const styles = useStyles2(getStyles);
  const width = 100 / points.length;
  const gap = points.length > 100 ? 0.12 : 0.2;
  const bar = (i: number, from: number, height: number, className: string) => (
    <rect
      x={`${(i + gap / 2) * width}%`}
      y={`${100 - from - height}%`}
      width={`${(1 - gap) * width}%`}
      height={`${height}%`}
      className={className}
    />
  );
  return (
    <svg className={styles.svg} aria-hidden focusable="false">
      {[0, 50, 100].map((y) => (
        <line key={y} x1="0" x2="100%" y1={`${y}%`} y2={`${y}%`} className={y === 100 ? styles.ground : styles.grid} />
      ))}
      {at !== undefined && (
        <rect x={`${at * width}%`} y="0" width={`${width}%`} height="100%" className={styles.here} />
      )}
      {points.map(({ at: moment, allowed, denied }, i) => {
        const low = denied ? Math.max((100 * denied) / top, SEEN) : 0;
        const high = Math.min((100 * allowed) / top, 100 - low);
        return (
          <g key={moment}>
            {allowed > 0 && bar(i, 0, Math.max(high, SEEN / 2), styles.allowed)}
            {denied > 0 && bar(i, high, low, styles.denied)}
          </g>
        );
      })}
    </svg>
  );
};

/** The numbers of a step, next to it. */
const Readout = ({ point, step, share }: { point: StatsPoint; step: Stats['step']; share: number }) => {
  const styles = useStyles2(getStyles);
  const side = share < 0.5 ? { left: `${share * 100}%` } : { right: `${(1 - share) * 100}%` };
  return (
    <div className={styles.readout} style={side} aria-hidden>
      <div className={styles.moment}>{moment(point.at, step)}</div>
      <div>
        <span className={styles.allowedKey} /> {t('traffic.allowed', 'Let in')} <b>{count(point.allowed)}</b>
      </div>
      <div>
        <span className={styles.deniedKey} /> {t('traffic.denied', 'Refused')} <b>{count(point.denied)}</b>
      </div>
    </div>
  );
};

const moment = (at: string, step: Stats['step']) => (step === '1d' ? utcDay(at) : hour(at));

const inWords = ({ at, allowed, denied }: StatsPoint, step: Stats['step']) =>
  t('traffic.step', '{{at}}: {{allowed}} let in, {{denied}} refused', {
    at: moment(at, step),
    allowed: count(allowed),
    denied: count(denied),
  });

/** The next of 1, 2, 5, 10, 20 … that is not less. */
function roundUp(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= n) ?? n;
}

/** A count in few letters, such as 12k. */
const shortCount = (n: number) =>
  n >= 1e9 ? `${n / 1e9}G` : n >= 1e6 ? `${n / 1e6}M` : n >= 1e4 ? `${n / 1e3}k` : count(n);

/** Where times are named below the chart; the spare ones go where there is little room. */
function ticks(points: readonly StatsPoint[], step: Stats['step']) {
  const every = step === '1d' ? 5 : points.length > 48 ? 24 : 4;
  const wanted = points
    .map(({ at }, i) => ({ at, i }))
    .filter(({ at, i }) =>
      step === '1d' ? (points.length - 1 - i) % every === 0 : new Date(at).getHours() % Math.min(every, 24) === 0
    );
  return wanted.map(({ at, i }, n) => ({
    text: step === '1d' ? shortDay(at, 'UTC') : every === 24 ? shortDay(at) : shortHour(at),
    share: (i + (step === '1d' ? 0.5 : 0)) / points.length,
    spare: n % 2 === 1,
  }));
}

const getStyles = (theme: GrafanaTheme2) => {
  const small = getSmallStyle(theme);
  const blue = theme.visualization.getColorByName('blue');
  const red = theme.visualization.getColorByName('red');
  const key = { display: 'inline-block', width: 8, height: 8, borderRadius: 1, marginRight: theme.spacing(0.5) };
  return {
    chart: css({
      display: 'grid',
      gridTemplateColumns: 'auto minmax(0, 1fr)',
      gridTemplateRows: '180px auto',
      columnGap: theme.spacing(1),
      containerType: 'inline-size',
    }),
    scale: css({
      ...small,
      display: 'flex',
      flexDirection: 'column',
      justifyContent: 'space-between',
      margin: '-9px 0',
      textAlign: 'right',
      fontVariantNumeric: 'tabular-nums',
    }),
    plot: css({
      position: 'relative',
      minWidth: 0,
      touchAction: 'pan-y',
      cursor: 'crosshair',
      '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 2 },
    }),
    svg: css({ display: 'block', width: '100%', height: '100%', overflow: 'visible' }),
    grid: css({ stroke: theme.colors.border.weak }),
    ground: css({ stroke: theme.colors.border.medium }),
    here: css({ fill: theme.colors.action.hover }),
    allowed: css({ fill: blue, [FORCED]: { fill: 'CanvasText' } }),
    denied: css({ fill: red, [FORCED]: { fill: 'Highlight' } }),
    allowedKey: css({ ...key, background: blue, ...forced('CanvasText') }),
    deniedKey: css({ ...key, background: red, ...forced('Highlight') }),
    readout: css({
      position: 'absolute',
      zIndex: 1,
      top: 0,
      margin: theme.spacing(0, 1.5),
      padding: theme.spacing(0.75, 1),
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
      background: theme.colors.background.elevated ?? theme.colors.background.primary,
      boxShadow: theme.shadows.z2,
      fontSize: theme.typography.bodySmall.fontSize,
      whiteSpace: 'nowrap',
      '@container (max-width: 560px)': { whiteSpace: 'normal' },
      pointerEvents: 'none',
    }),
    moment: css({ color: theme.colors.text.secondary }),
    times: css({ ...small, gridColumn: 2, position: 'relative', height: 20, marginTop: theme.spacing(0.5) }),
    time: css({
      position: 'absolute',
      transform: 'translateX(-50%)',
      whiteSpace: 'nowrap',
      fontVariantNumeric: 'tabular-nums',
    }),
    spare: css({ '@container (max-width: 560px)': { display: 'none' } }),
  };
};
