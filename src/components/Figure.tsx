import { css } from '@emotion/css';
import { locationUtil, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { Children, type CSSProperties, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { count } from '../format';

/** Numbers next to each other: all in one row, or in rows that leave none alone. */
export const Figures = ({ label, children }: { label: string; children: ReactNode }) => {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.frame}>
      <ul className={styles.list} aria-label={label} style={{ '--figures': Children.count(children) } as CSSProperties}>
        {children}
      </ul>
    </div>
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
    frame: css({ containerType: 'inline-size' }),
    list: css({
      display: 'grid',
      gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
      '> :first-child:nth-last-child(odd)': { gridColumn: 'span 2' },
      '@container (min-width: 440px)': {
        gridTemplateColumns: 'repeat(4, minmax(0, 1fr))',
        '> :first-child:nth-last-child(odd)': { gridColumn: 'auto' },
      },
      '@container (min-width: 800px)': { gridTemplateColumns: 'repeat(var(--figures), minmax(0, 1fr))' },
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
