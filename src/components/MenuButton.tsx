import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { forwardRef, type ComponentProps } from 'react';
import { Glyph } from './Glyph';

/** Three dots that open the menu of a row. */
export const MenuButton = forwardRef<HTMLButtonElement, ComponentProps<'button'> & { label: string }>(
  ({ label, ...props }, ref) => {
    const styles = useStyles2(getStyles);
    return (
      <button ref={ref} type="button" aria-label={label} className={styles.button} {...props}>
        <Glyph name="dots" size={18} />
      </button>
    );
  }
);
MenuButton.displayName = 'MenuButton';

const getStyles = (theme: GrafanaTheme2) => ({
  button: css({
    display: 'inline-grid',
    placeItems: 'center',
    width: theme.spacing(3.5),
    height: theme.spacing(3.5),
    padding: 0,
    border: 0,
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: theme.colors.text.secondary,
    '&:hover, &[aria-expanded="true"]': { color: theme.colors.text.primary, background: theme.colors.action.hover },
  }),
});
