import React from 'react';
import { count } from '../format';
import { t } from '../i18n';
import { Suggest } from './Suggest';
import { SuggestField, type Slot } from './SuggestField';
import { usePools } from './usePools';

/** Chooses one of the pools that there are, or names a new one. */
export const PoolField = ({ value, onChange, error }: Slot<string>) => {
  const { data } = usePools();
  return (
    <SuggestField
      id="key-pool"
      label={t('key.pool', 'Pool')}
      description={t(
        'key-form.pool-help',
        'The group of agents that it belongs to. One that is not there yet is made.'
      )}
      error={error}
    >
      <Suggest
        id="key-pool"
        value={value}
        onChange={onChange}
        onPick={onChange}
        invalid={Boolean(error)}
        placeholder={t('key-form.no-pool', 'No pool')}
        suggestions={(data?.pools ?? []).map(({ name, keys }) => ({
          value: name,
          description: t('pools.active', '', {
            count: keys.active,
            n: count(keys.active),
            defaultValue_one: '{{n}} active key',
            defaultValue_other: '{{n}} active keys',
          }),
        }))}
      />
    </SuggestField>
  );
};
