import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { useId, type ReactNode } from 'react';

/** A part of a page with its title. */
export const Part = ({ title, children }: { title: string; children: ReactNode }) => {
  const styles = useStyles2(getStyles);
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={styles.heading}>
        {title}
      </h2>
      {children}
    </section>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  heading: css({ ...theme.typography.h4, marginBottom: theme.spacing(1.5) }),
});
