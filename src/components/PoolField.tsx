import { Combobox, Field } from '@grafana/ui';
import React, { type FocusEvent } from 'react';
import { count } from '../format';
import { t } from '../i18n';
import { usePools } from './usePools';

interface Props {
  value: string;
  onChange: (pool: string) => void;
  /** What is wrong with the value. */
  error?: string;
}

/** Chooses one of the pools that there are, or names a new one. */
export const PoolField = ({ value, onChange, error }: Props) => {
  const { data } = usePools();
  // The list keeps what was typed only once it was chosen there.
  const keepTyped = ({ target }: FocusEvent) => {
    const typed = target instanceof HTMLInputElement ? target.value.trim() : '';
    if (typed && typed !== value) {
      onChange(typed);
    }
  };
  return (
    <Field
      htmlFor="key-pool"
      label={t('key.pool', 'Pool')}
      description={t(
        'key-form.pool-help',
        'The group of agents that it belongs to. One that is not there yet is made.'
      )}
      invalid={Boolean(error)}
      error={error}
    >
      <div onBlur={keepTyped}>
        <Combobox
          id="key-pool"
          createCustomValue
          isClearable
          placeholder={t('key-form.no-pool', 'No pool')}
          options={(data?.pools ?? []).map(({ name, keys }) => ({
            value: name,
            label: name,
            description: t('pools.active', '', {
              count: keys.active,
              n: count(keys.active),
              defaultValue_one: '{{n}} active key',
              defaultValue_other: '{{n}} active keys',
            }),
          }))}
          value={value || null}
          onChange={(option) => onChange(option?.value ?? '')}
        />
      </div>
    </Field>
  );
};
