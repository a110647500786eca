import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Stack, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { ROLES, STATES } from '../api/types';
import { t } from '../i18n';
import { stateName } from './Badges';
import { Choice } from './Choice';
import type { Columns } from './columns';
import { ColumnsMenu } from './ColumnsMenu';
import { inColumns } from './FilterBar';
import { expiresName, unusedName } from './filterNames';
import { SearchField } from './SearchField';
import { Suggest, type Suggestion } from './Suggest';
import { EXPIRES, UNUSED, type KeyFilter } from './useKeyList';
import { useSeen } from './useSeen';
import { ViewsMenu } from './ViewsMenu';
import type { Sight } from './views';

interface Props {
  filter: KeyFilter;
  /** The pools to choose from; without any there is no choice. */
  pools: string[];
  columns: Columns;
  onColumns: (columns: Columns) => void;
  onChange: (change: Partial<KeyFilter>) => void;
  onWider: (wider: boolean) => void;
  onReload: () => void;
}

/** Narrows the list of keys. */
export const KeyFilters = ({ filter, pools, columns, onColumns, onChange, onWider, onReload }: Props) => {
  const styles = useStyles2(getStyles);
  const [more, setMore] = useState(false);
  const show = (sight: Sight) => {
    onChange(sight.filter);
    if (sight.columns) {
      onColumns(sight.columns);
    }
  };
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-start">
        <SearchField filter={filter} pools={pools} onChange={onChange} onWider={onWider} />
        <ViewsMenu filter={filter} columns={columns} onChange={show} />
        <div className={cx(styles.usual, !more && styles.usualFolded)}>
          <Choice
            label={t('filter.state', 'State')}
            width={16}
            value={filter.state}
            onChange={(state) => onChange({ state })}
            options={[
              { value: '', label: t('filter.all-states', 'All states') },
              ...STATES.map((value) => ({ value, label: stateName(value) })),
            ]}
          />
          <Choice
            label={t('filter.role', 'Role')}
            width={16}
            value={filter.role}
            onChange={(role) => onChange({ role })}
            options={[
              { value: '', label: t('filter.all-roles', 'All roles') },
              ...ROLES.map((value) => ({ value, label: value })),
            ]}
          />
        </div>
        <Button
          variant="secondary"
          fill="outline"
          icon={more ? 'angle-up' : 'angle-down'}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {t('filter.more', 'More filters')}
        </Button>
        <ColumnsMenu columns={columns} onChange={onColumns} />
        <Button
          variant="secondary"
          fill="outline"
          icon="sync"
          onClick={onReload}
          tooltip={t('filter.reload', 'Read the list again')}
          aria-label={t('filter.reload', 'Read the list again')}
        />
      </Stack>
      {more && <MoreFilters filter={filter} pools={pools} onChange={onChange} />}
    </Stack>
  );
};

/** What is asked less often. */
const MoreFilters = ({ filter, pools, onChange }: Pick<Props, 'filter' | 'pools' | 'onChange'>) => {
  const styles = useStyles2(getStyles);
  const seen = useSeen();
  return (
    <div className={styles.more}>
      {(pools.length > 0 || filter.pool) && (
        <Choice
          label={t('filter.pool', 'Pool')}
          value={filter.pool}
          onChange={(pool) => onChange({ pool })}
          options={[
            { value: '', label: t('filter.all-pools', 'All pools') },
            ...choices(pools, filter.pool).map((value) => ({ value, label: value })),
          ]}
        />
      )}
      <TextFilter
        id="filter-owner"
        label={t('key.owner', 'Owner')}
        suggestions={seen.owners}
        onEnter={(owner) => onChange({ owner })}
      />
      <TextFilter
        id="filter-label"
        label={t('filter.label', 'Label')}
        suggestions={seen.labels}
        onEnter={(label) => onChange({ label: [...new Set([...filter.label, label])] })}
      />
      <TextFilter
        id="filter-tenant"
        label={t('filter.tenant', 'Tenant')}
        suggestions={seen.tenants}
        onEnter={(tenant) => onChange({ tenant })}
      />
      <Choice
        label={t('filter.use', 'Use')}
        value={filter.unused}
        onChange={(unused) => onChange({ unused })}
        options={[
          { value: '', label: t('filter.used-or-not', 'Used or not') },
          ...choices(UNUSED, filter.unused).map((value) => ({ value, label: unusedName(value) })),
        ]}
      />
      <Choice
        label={t('filter.end', 'End')}
        value={filter.expires}
        onChange={(expires) => onChange({ expires })}
        options={[
          { value: '', label: t('filter.any-end', 'Any end') },
          ...choices(EXPIRES, filter.expires).map((value) => ({ value, label: expiresName(value) })),
        ]}
      />
    </div>
  );
};

/** The usual choices, and the one that was typed. */
const choices = (usual: readonly string[], now: string) => [...new Set([...usual, ...(now ? [now] : [])])];

interface TextFilterProps {
  id: string;
  label: string;
  suggestions: readonly Suggestion[];
  /** Takes what was chosen, or typed and sent with Enter. */
  onEnter: (value: string) => void;
}

const TextFilter = ({ onEnter, ...field }: TextFilterProps) => {
  const [typed, setTyped] = useState('');
  const enter = (value: string) => {
    setTyped('');
    if (value.trim()) {
      onEnter(value.trim());
    }
  };
  return (
    <Suggest
      {...field}
      placeholder={field.label}
      value={typed}
      onChange={setTyped}
      onPick={enter}
      onKeyDown={(event) => event.key === 'Enter' && enter(typed)}
      onBlur={() => enter(typed)}
    />
  );
};

const getStyles = (theme: GrafanaTheme2) => {
  // Together with the rest they take more than one row there.
  const narrow = theme.breakpoints.down('xl');
  return {
    usual: css({ display: 'contents', [narrow]: { order: 1, ...inColumns(theme) } }),
    // There is no room for them until they are asked for; the field of the search shows those that are chosen.
    usualFolded: css({ [narrow]: { display: 'none' } }),
    more: css(inColumns(theme)),
  };
};
