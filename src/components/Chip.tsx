import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { Glyph } from './Glyph';

interface Props {
  text: ReactNode;
  /** What removing it does, for those who do not see where the cross is. */
  remove: string;
  onRemove: () => void;
}

/** A small word with a cross that takes it away. */
export const Chip = ({ text, remove, onRemove }: Props) => {
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.chip}>
      <span className={styles.text}>{text}</span>
      <button type="button" className={styles.cross} aria-label={remove} onClick={onRemove}>
        <Glyph name="x" size={10} />
      </button>
    </span>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  chip: css({
    display: 'inline-flex',
    alignItems: 'center',
    maxWidth: '100%',
    minHeight: theme.spacing(3),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  text: css({ padding: theme.spacing(0, 0.25, 0, 0.75), overflowWrap: 'anywhere' }),
  cross: css({
    display: 'inline-grid',
    placeItems: 'center',
    width: theme.spacing(3),
    height: theme.spacing(3),
    padding: 0,
    border: 0,
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: theme.colors.text.secondary,
    '&:hover': { color: theme.colors.text.primary, background: theme.colors.action.hover },
  }),
});
