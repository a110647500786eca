import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type CSSProperties, type ReactNode } from 'react';
import { useHost } from '../host';
import { STICKY_TOP } from './tableStyles';
import { useHeight } from './useHeight';

interface Props {
  /** What stays in sight while the page is scrolled, where the window is large. */
  bar: ReactNode;
  /** What is below it; the heads of tables stay below the bar. */
  children: ReactNode;
}

const noTop = () => 0;

/** What can be done to a table, and the table; both the bar and the table's head stay in sight. */
export const StickyBar = ({ bar, children }: Props) => {
  const styles = useStyles2(getStyles);
  const { useTop = noTop } = useHost();
  const top = useTop();
  const [ref, height] = useHeight();
  const place = { [STICKY_TOP]: `${top + height}px` } as CSSProperties;
  return (
    <div className={styles.place} style={place}>
      <div ref={ref} className={styles.bar} style={{ top }}>
        {bar}
      </div>
      {children}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), minWidth: 0 }),
  bar: css({
    padding: theme.spacing(0.5, 0, 1),
    '&:empty': { display: 'none' },
    [theme.breakpoints.up('lg')]: {
      position: 'sticky',
      zIndex: 4, // above the table's head
      background: theme.colors.background.canvas,
    },
  }),
});
