import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { FieldValidationMessage, Label, useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { labelId } from './Suggest';

/** What a field of a form works with. */
export interface Slot<T> {
  value: T;
  onChange: (value: T) => void;
  /** What is wrong with the value. */
  error?: string;
}

interface Props {
  /** The id of the control. */
  id: string;
  label: string;
  description?: ReactNode;
  error?: string;
  children: ReactNode;
}

/** A label, a control with suggestions, and what is wrong; Grafana's own field changes the control's properties. */
export const SuggestField = ({ id, label, description, error, children }: Props) => {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.field}>
      <Label id={labelId(id)} htmlFor={id} description={description}>
        {label}
      </Label>
      {children}
      {error && (
        <div className={styles.error}>
          <FieldValidationMessage>{error}</FieldValidationMessage>
        </div>
      )}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  field: css({ marginBottom: theme.spacing(2) }),
  error: css({ marginTop: theme.spacing(0.5) }),
});
