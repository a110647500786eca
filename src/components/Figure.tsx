import { css } from '@emotion/css';
import { locationUtil, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { count } from '../format';

/** Numbers next to each other, in as many columns as fit. */
export const Figures = ({ label, children }: { label: string; children: ReactNode }) => {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.list} aria-label={label}>
      {children}
    </ul>
  );
};

interface Props {
  name: string;
  n: number;
  /** What is counted; where nothing is counted, it leads nowhere. */
  href?: string;
  note?: string;
  /** Says in colour that somebody should look, unless it is 0. */
  tone?: 'warning' | 'error';
}

/** A number with its name, which leads to what it counts. */
export const Figure = ({ name, n, href, note, tone }: Props) => {
  const styles = useStyles2(getStyles);
  const words = (
    <>
      <span className={n && tone ? styles[tone] : styles.number}>{count(n)}</span>
      <span className={styles.name}>{name}</span>
      {note && <span className={styles.name}>{note}</span>}
    </>
  );
  return (
    <li className={styles.item}>
      {href && n ? (
        <Link className={styles.link} to={locationUtil.stripBaseFromUrl(href)}>
          {words}
        </Link>
      ) : (
        <div className={styles.still}>{words}</div>
      )}
    </li>
  );
};

const getStyles = (theme: GrafanaTheme2) => {
  const number = {
    ...theme.typography.h2,
    display: 'block',
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
  };
  const cell = { display: 'block', height: '100%', padding: theme.spacing(1) };
  return {
    list: css({
      display: 'grid',
      gridTemplateColumns: 'repeat(auto-fit, minmax(116px, 1fr))',
      gap: 1,
      margin: theme.spacing(0, -1),
      padding: 0,
      listStyle: 'none',
    }),
    item: css({ minWidth: 0 }),
    still: css(cell),
    link: css({
      ...cell,
      borderRadius: theme.shape.radius.default,
      color: 'inherit',
      '&:hover': { background: theme.colors.action.hover, textDecoration: 'none' },
      '&:hover > :last-child': { textDecoration: 'underline' },
    }),
    number: css(number),
    warning: css({ ...number, color: theme.colors.warning.text }),
    error: css({ ...number, color: theme.colors.error.text }),
    name: css({
      display: 'block',
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
    }),
  };
};
