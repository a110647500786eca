import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { phone } from './tableStyles';

interface Props {
  /** The field of the search, and what else narrows a list. */
  children: ReactNode;
}

/** The filters above a list: a row, and on a phone two columns below the search. */
export const FilterBar = ({ children }: Props) => <div className={useStyles2(getStyles).bar}>{children}</div>;

/** How filters stand in columns, each as wide as its own. */
export const inColumns = (theme: GrafanaTheme2) => ({
  display: 'grid',
  gap: theme.spacing(1),
  gridTemplateColumns: 'repeat(auto-fill, minmax(140px, 1fr))',
  width: '100%',
  '> *': { minWidth: 0 },
  '> * > :not(label), > * > :not(label) > *': { minWidth: '100%' },
});

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1),
    [phone(theme)]: {
      ...inColumns(theme),
      '&& > *': { width: 'auto' },
      '> :first-child': { gridColumn: '1 / -1' },
      '> :first-child > *, > :first-child > * > *': { minWidth: 0 },
    },
  }),
});
