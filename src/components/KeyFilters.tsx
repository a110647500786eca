import { Button, FilterInput, Stack } from '@grafana/ui';
import React from 'react';
import { ROLES, STATES } from '../api/types';
import { t } from '../i18n';
import { stateName } from './Badges';
import { Choice } from './Choice';
import { useDelayed } from './useDelayed';
import type { KeyFilter } from './useKeyList';

interface Props {
  filter: KeyFilter;
  /** The pools to choose from; without any there is no choice. */
  pools: string[];
  onChange: (change: Partial<KeyFilter>) => void;
  onReload: () => void;
}

/** Narrows the list of keys. */
export const KeyFilters = ({ filter, pools, onChange, onReload }: Props) => {
  const [typed, setTyped] = useDelayed(filter.q, (q) => onChange({ q }));
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
      <FilterInput
        width={40}
        escapeRegex={false}
        aria-label={t('filter.search', 'Search keys')}
        placeholder={t('filter.search-for', 'Search words, role:agent, pool:edge')}
        value={typed}
        onChange={setTyped}
      />
      <Choice
        label={t('filter.state', 'State')}
        width={20}
        value={filter.state}
        onChange={(state) => onChange({ state })}
        options={[
          { value: '', label: t('filter.all-states', 'All states') },
          ...STATES.map((value) => ({ value, label: stateName(value) })),
        ]}
      />
      <Choice
        label={t('filter.role', 'Role')}
        width={20}
        value={filter.role}
        onChange={(role) => onChange({ role })}
        options={[
          { value: '', label: t('filter.all-roles', 'All roles') },
          ...ROLES.map((value) => ({ value, label: value })),
        ]}
      />
      {(pools.length > 0 || filter.pool) && (
        <Choice
          label={t('filter.pool', 'Pool')}
          width={20}
          value={filter.pool}
          onChange={(pool) => onChange({ pool })}
          options={[
            { value: '', label: t('filter.all-pools', 'All pools') },
            ...[...new Set([...pools, ...(filter.pool ? [filter.pool] : [])])].map((value) => ({
              value,
              label: value,
            })),
          ]}
        />
      )}
      <Button
        variant="secondary"
        fill="outline"
        icon="sync"
        onClick={onReload}
        tooltip={t('filter.reload', 'Read the list again')}
        aria-label={t('filter.reload', 'Read the list again')}
      />
    </Stack>
  );
};
