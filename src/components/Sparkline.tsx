import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { count } from '../format';
import { t } from '../i18n';

const WIDTH = 70;
const HEIGHT = 20;

/** A key's use on each of the last days, as small bars. */
export const Sparkline = ({ days }: { days: readonly number[] }) => {
  const styles = useStyles2(getStyles);
  const sum = days.reduce((all, n) => all + n, 0);
  const most = Math.max(...days);
  const step = WIDTH / days.length;
  const label = t('sparkline.requests', '', {
    count: sum,
    n: count(sum),
    days: count(days.length),
    defaultValue_one: '{{n}} request in {{days}} days',
    defaultValue_other: '{{n}} requests in {{days}} days',
  });
  return (
    <svg role="img" aria-label={label} width={WIDTH} height={HEIGHT} className={styles.bars}>
      <title>{label}</title>
      <line x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className={styles.ground} />
      {days.map((n, i) => {
        const height = n ? Math.max(2, (n / most) * (HEIGHT - 1)) : 0;
        return (
          height > 0 && <rect key={i} x={i * step} y={HEIGHT - height} width={Math.max(1, step - 1)} height={height} />
        );
      })}
    </svg>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  bars: css({ display: 'block', fill: theme.colors.primary.text }),
  ground: css({ stroke: theme.colors.border.medium }),
});
