import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { type ComponentProps } from 'react';

/** Buttons of which one is chosen. They go on in the next line where there is no room, and are never cut. */
export function RadioRow<T>(props: ComponentProps<typeof RadioButtonGroup<T>>) {
  const styles = useStyles2(getStyles);
  return <RadioButtonGroup {...props} className={styles.row} />;
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ '&&': { flexWrap: 'wrap', '> div': { flexShrink: 0 }, label: { padding: theme.spacing(0, 1.5) } } }),
});
