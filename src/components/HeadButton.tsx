import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import React, { forwardRef, type ComponentProps } from 'react';
import { phone } from './tableStyles';

interface Props extends Omit<ComponentProps<typeof Button>, 'children'> {
  text: string;
}

/** A button in the head of a page, but the main one. Of those a phone shows the symbol alone, to have them in a row. */
export const HeadButton = forwardRef<HTMLButtonElement, Props>(({ text, ...props }, ref) => {
  const styles = useStyles2(getStyles);
  return (
    <Button ref={ref} variant="secondary" fill="outline" aria-label={text} className={styles.button} {...props}>
      {text}
    </Button>
  );
});
HeadButton.displayName = 'HeadButton';

const getStyles = (theme: GrafanaTheme2) => ({
  button: css({
    [phone(theme)]: { justifyContent: 'center', width: theme.spacing(4), padding: 0, '> span': { display: 'none' } },
  }),
});
