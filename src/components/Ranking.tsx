import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { TextLink, useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { t } from '../i18n';
import { getSmallStyle } from './Definitions';
import { forced } from './forcedColors';

/** One row of a ranking. */
export interface Rank {
  id: string;
  name: string;
  /** Where the name leads. */
  href?: string;
  /** What belongs to the name, in smaller letters. */
  note?: ReactNode;
  /** How long the row's bar is; none has a bar if all are 0. */
  size?: number;
  /** The part of it that was refused. */
  refused?: number;
  /** What stands at the end of the row. */
  value: ReactNode;
}

interface Props {
  label: string;
  rows: readonly Rank[];
  /** What is said when there are none. */
  none: string;
  /** What must be known of the values. */
  note?: string;
}

/** Names with values, the largest first, each with a bar as long as its share of the first. */
export const Ranking = ({ label, rows, none, note }: Props) => {
  const styles = useStyles2(getStyles);
  const most = Math.max(...rows.map(({ size = 0 }) => size), 0);
  if (!rows.length) {
    return <p className={styles.none}>{none}</p>;
  }
  return (
    <>
      <ul className={styles.list} aria-label={label}>
        {rows.map(({ id, name, href, note, size = 0, refused = 0, value }) => (
          <li key={id} className={styles.row}>
            <div className={styles.words}>
              <span className={styles.name}>
                {href ? (
                  <TextLink href={href} color="primary" inline={false}>
                    {name}
                  </TextLink>
                ) : (
                  name || t('common.none', 'none')
                )}
                {note && <span className={styles.note}>{note}</span>}
              </span>
              <span className={styles.value}>{value}</span>
            </div>
            {most > 0 && (
              <div className={styles.track} aria-hidden>
                <div className={styles.good} style={{ width: share(size - refused, most) }} />
                <div className={styles.bad} style={{ width: share(refused, most) }} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {note && <p className={styles.remark}>{note}</p>}
    </>
  );
};

const share = (part: number, all: number) => (part > 0 ? `max(2px, ${(100 * part) / all}%)` : '0');

const getStyles = (theme: GrafanaTheme2) => {
  const bar = { height: '100%', borderRadius: theme.shape.radius.default };
  return {
    list: css({
      display: 'grid',
      gap: theme.spacing(1.25),
      margin: 0,
      padding: 0,
      listStyle: 'none',
    }),
    remark: css({ ...getSmallStyle(theme), margin: theme.spacing(1.5, 0, 0) }),
    none: css({ margin: 0, color: theme.colors.text.secondary }),
    row: css({ minWidth: 0 }),
    words: css({ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline', gap: theme.spacing(2) }),
    name: css({ minWidth: 0, overflowWrap: 'anywhere', a: { display: 'inline' } }),
    note: css({ ...getSmallStyle(theme), marginLeft: theme.spacing(1) }),
    value: css({ flexShrink: 0, textAlign: 'right', fontVariantNumeric: 'tabular-nums' }),
    track: css({
      display: 'flex',
      gap: 1,
      height: 4,
      marginTop: theme.spacing(0.5),
      borderRadius: theme.shape.radius.default,
      background: theme.colors.background.secondary,
    }),
    good: css({ ...bar, background: theme.visualization.getColorByName('blue'), ...forced('CanvasText') }),
    bad: css({ ...bar, background: theme.visualization.getColorByName('red'), ...forced('Highlight') }),
  };
};
