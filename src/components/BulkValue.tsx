import React from 'react';
import type { Key } from '../api/types';
import { t } from '../i18n';
import type { BulkAction } from './bulk';
import { apart, checkLabels, split } from './labels';
import { Suggest, type Suggestion } from './Suggest';
import { SuggestField, type Slot } from './SuggestField';
import { usePools } from './usePools';
import { useSeen, type Seen } from './useSeen';

interface Props extends Slot<string> {
  action: BulkAction;
  keys: readonly Key[];
}

/** What a change of many keys sets them to; nothing for most changes. */
export const BulkValue = (props: Props) => (LABELS[props.action] ? <Value {...props} /> : null);

const Value = ({ action, keys, value, onChange, error }: Props) => {
  const seen = useSeen();
  const pools = usePools().data?.pools.map(({ name }) => ({ value: name })) ?? [];
  const label = LABELS[action]?.() ?? '';
  return (
    <SuggestField id="bulk-value" label={label} error={error}>
      <Suggest
        id="bulk-value"
        value={value}
        onChange={onChange}
        onPick={onChange}
        suggestions={action === 'pool' ? pools : suggestions(action, keys, seen)}
        invalid={Boolean(error)}
        placeholder={PLACEHOLDERS[action]?.()}
      />
    </SuggestField>
  );
};

const LABELS: Partial<Record<BulkAction, () => string>> = {
  owner: () => t('key.owner', 'Owner'),
  pool: () => t('key.pool', 'Pool'),
  addLabel: () => t('bulk.label', 'Label, as name=value'),
  removeLabel: () => t('bulk.label-name', 'Name of the label'),
};

const PLACEHOLDERS: Partial<Record<BulkAction, () => string>> = {
  pool: () => t('key-form.no-pool', 'No pool'),
  addLabel: () => 'team=sre',
};

function suggestions(action: BulkAction, keys: readonly Key[], seen: Seen): readonly Suggestion[] {
  if (action === 'removeLabel') {
    return [...new Set(keys.flatMap(({ labels }) => Object.keys(labels)))].sort().map((value) => ({ value }));
  }
  return action === 'owner' ? seen.owners : seen.labels;
}

/** What is wrong with the value, undefined if nothing is. */
export function checkValue(action: BulkAction, value: string): string | undefined {
  switch (action) {
    case 'addLabel':
      return apart(value).length ? checkLabels(apart(value)) : noLabel();
    case 'removeLabel':
      return apart(value).some((text) => split(text)[0]) ? undefined : noLabel();
    default:
      return undefined;
  }
}

const noLabel = () => t('bulk.no-label', 'Name a label.');
