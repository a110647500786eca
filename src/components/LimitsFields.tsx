import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Field, Input, useStyles2 } from '@grafana/ui';
import React, { type ComponentProps } from 'react';
import { t } from '../i18n';
import { limitName, LIMITS, type LimitName } from './amounts';
import { FieldGroup } from './FieldGroup';

interface Props {
  /** For what they are, and what an empty field means. */
  description: string;
  /** The properties that connect a limit's field with the form. */
  field: (name: LimitName) => ComponentProps<typeof Input>;
  /** What is wrong with a limit. */
  error: (name: LimitName) => string | undefined;
}

/** How much a key may ask for. */
export const LimitsFields = ({ description, field, error }: Props) => {
  const styles = useStyles2(getStyles);
  return (
    <FieldGroup label={t('key.limits', 'Limits')} description={description}>
      <div className={styles.grid}>
        {LIMITS.map((name) => (
          <Field
            key={name}
            htmlFor={`key-limit-${name}`}
            label={limitName(name)}
            invalid={Boolean(error(name))}
            error={error(name)}
          >
            <Input
              id={`key-limit-${name}`}
              autoComplete="off"
              inputMode={name.startsWith('bytes') ? 'text' : 'numeric'}
              aria-invalid={Boolean(error(name))}
              placeholder={name.startsWith('bytes') ? t('limits.bytes-example', 'such as 5 MB') : undefined}
              {...field(name)}
            />
          </Field>
        ))}
      </div>
    </FieldGroup>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({
    display: 'grid',
    // Three in a line, or two on a phone.
    gridTemplateColumns: 'repeat(auto-fit, minmax(max(130px, 30%), 1fr))',
    alignItems: 'start',
    gap: theme.spacing(0, 1.5),
    '> *': { minWidth: 0, marginBottom: theme.spacing(1) },
  }),
});
