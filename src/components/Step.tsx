import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { t } from '../i18n';
import { Glyph } from './Glyph';

interface Props {
  n: number;
  done: boolean;
  /** Whether it is the next one. */
  next: boolean;
  title: string;
  /** What came of it. */
  outcome?: ReactNode;
  /** What to do. */
  children: ReactNode;
}

/** One step: what to do, or what came of it. */
export const Step = ({ n, done, next, title, outcome, children }: Props) => {
  const styles = useStyles2(getStyles);
  return (
    <li className={cx(styles.step, next && styles.next)} aria-current={next ? 'step' : undefined}>
      <span className={cx(styles.number, done && styles.done)}>
        {done ? <Glyph name="check" size={14} /> : n}
        <span className="sr-only">{done ? t('first.is-done', 'Done:') : ''}</span>
      </span>
      <div className={styles.body}>
        <h3 className={styles.name}>{title}</h3>
        {done ? <div className={styles.outcome}>{outcome}</div> : children}
      </div>
    </li>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  step: css({
    display: 'flex',
    gap: theme.spacing(2),
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
  }),
  next: css({ borderColor: theme.colors.primary.border }),
  number: css({
    flex: '0 0 auto',
    display: 'grid',
    placeItems: 'center',
    width: 28,
    height: 28,
    borderRadius: '50%',
    border: `1px solid ${theme.colors.border.strong}`,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  done: css({
    borderColor: theme.colors.success.main,
    background: theme.colors.success.main,
    color: theme.colors.success.contrastText,
  }),
  body: css({
    flex: 1,
    minWidth: 0,
    overflowWrap: 'anywhere', // a name may be long
    p: { margin: theme.spacing(0, 0, 1.5) },
    '> :last-child': { marginBottom: 0 },
  }),
  name: css({ ...theme.typography.h5, margin: theme.spacing(0.5, 0, 1) }),
  outcome: css({ color: theme.colors.text.secondary }),
});
