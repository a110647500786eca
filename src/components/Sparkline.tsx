import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { count } from '../format';
import { t } from '../i18n';
import { FORCED } from './forcedColors';

const WIDTH = 70;
const HEIGHT = 20;

interface Props {
  /** How many requests were let in on each of the last days. */
  days: readonly number[];
  /** How many were refused, where that is known. */
  denied?: readonly number[];
}

/** Use on each of the last days, as small bars; what was refused stands on top of what was let in. */
export const Sparkline = ({ days, denied = [] }: Props) => {
  const styles = useStyles2(getStyles);
  const sum = days.reduce((all, n) => all + n, 0);
  const refused = denied.reduce((all, n) => all + n, 0);
  const most = Math.max(...days.map((n, i) => n + (denied[i] ?? 0)));
  const step = WIDTH / days.length;
  const requests = t('sparkline.requests', '', {
    count: sum,
    n: count(sum),
    days: count(days.length),
    defaultValue_one: '{{n}} request in {{days}} days',
    defaultValue_other: '{{n}} requests in {{days}} days',
  });
  const label = refused
    ? t('sparkline.refused', '{{requests}}, and {{n}} refused', { requests, n: count(refused) })
    : requests;
  const bar = (n: number) => (n ? Math.max(2, (n / most) * (HEIGHT - 1)) : 0);
  return (
    <svg role="img" aria-label={label} width={WIDTH} height={HEIGHT} className={styles.bars}>
      <title>{label}</title>
      <line x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className={styles.ground} />
      {days.map((n, i) => {
        const width = Math.max(1, step - 1);
        const above = bar(denied[i] ?? 0);
        const below = Math.min(bar(n), HEIGHT - above);
        return (
          <React.Fragment key={i}>
            {below > 0 && <rect x={i * step} y={HEIGHT - below} width={width} height={below} />}
            {above > 0 && (
              <rect className={styles.denied} x={i * step} y={HEIGHT - below - above} width={width} height={above} />
            )}
          </React.Fragment>
        );
      })}
    </svg>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  bars: css({ display: 'block', fill: theme.colors.primary.text }),
  denied: css({ fill: theme.visualization.getColorByName('red'), [FORCED]: { fill: 'Highlight' } }),
  ground: css({ stroke: theme.colors.border.medium }),
});
