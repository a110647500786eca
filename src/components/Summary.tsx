import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Endpoint } from '../api/types';
import { objection, summarize, type Summarized } from './summary';

interface Props {
  values: Summarized;
  /** Those of the gate, once they are known. */
  endpoints?: readonly Endpoint[];
  /** The end that the key has, if its lifetime is kept. */
  present?: string | null;
}

/** What a key with the values of a form would be allowed to do, in words that change while one types. */
export const Summary = ({ values, endpoints, present }: Props) => {
  const styles = useStyles2(getStyles);
  const against = objection(values, endpoints);
  return (
    <div className={styles.place} aria-live="polite" data-testid="summary">
      {summarize(values, endpoints, present)}
      {against && <div className={styles.against}>{against}</div>}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({ flex: '1 1 280px', minWidth: 0, overflowWrap: 'anywhere' }),
  against: css({ color: theme.colors.warning.text }),
});
