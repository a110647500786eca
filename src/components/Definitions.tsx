import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { phone } from './tableStyles';

/** A framed list of names and values, in as many columns as fit. */
export const Definitions = ({ children }: { children: ReactNode }) => {
  const styles = useStyles2(getStyles);
  return <dl className={styles.list}>{children}</dl>;
};

/** One name with its value, and what belongs to the value in smaller letters. */
export const Definition = ({ name, note, children }: { name: string; note?: ReactNode; children: ReactNode }) => {
  const styles = useStyles2(getStyles);
  return (
    <div>
      <dt className={styles.small}>{name}</dt>
      <dd className={styles.value}>
        {children}
        {note && <div className={styles.small}>{note}</div>}
      </dd>
    </div>
  );
};

/** The smaller letters, for rows that are laid out in their own way. */
export const getSmallStyle = (theme: GrafanaTheme2) => ({
  color: theme.colors.text.secondary,
  fontSize: theme.typography.bodySmall.fontSize,
  fontWeight: theme.typography.fontWeightRegular,
});

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(200px, 1fr))',
    gap: theme.spacing(2.5, 3),
    margin: 0,
    padding: theme.spacing(2.5),
    [phone(theme)]: {
      gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
      gap: theme.spacing(2),
      padding: theme.spacing(2),
    },
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
  }),
  value: css({ margin: theme.spacing(0.5, 0, 0), overflowWrap: 'anywhere' }),
  small: css(getSmallStyle(theme)),
});
