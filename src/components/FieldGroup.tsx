import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { FieldValidationMessage, Label, useStyles2 } from '@grafana/ui';
import React, { useId, type ReactNode } from 'react';

interface Props {
  label: string;
  description?: ReactNode;
  /** What is wrong with the choice. */
  error?: string;
  children: ReactNode;
}

/** Several controls that answer one question. Grafana's own Field does this only from 13 on. */
export const FieldGroup = ({ label, description, error, children }: Props) => {
  const styles = useStyles2(getStyles);
  const errorId = useId();
  return (
    <fieldset className={styles.group} aria-describedby={error ? errorId : undefined} data-invalid={Boolean(error)}>
      <legend className={styles.legend}>
        <Label description={description}>{label}</Label>
      </legend>
      {children}
      {error && (
        <div id={errorId} className={styles.error}>
          <FieldValidationMessage>{error}</FieldValidationMessage>
        </div>
      )}
    </fieldset>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  group: css({ minWidth: 0, margin: theme.spacing(0, 0, 2), padding: 0, border: 0 }),
  legend: css({ margin: 0, padding: 0, border: 0, fontSize: 'inherit' }),
  error: css({ marginTop: theme.spacing(0.5) }),
});
