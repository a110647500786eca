import { Button, Stack } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import { Chip } from './Chip';
import { expiresName, unusedName } from './filterNames';
import type { KeyFilter } from './useKeyList';

interface Props {
  filter: KeyFilter;
  onChange: (change: Partial<KeyFilter>) => void;
}

/** What the list is narrowed by and no field shows, each with a cross that takes it away. */
export const FilterChips = ({ filter, onChange }: Props) => {
  const chips = chipsOf(filter);
  if (!chips.length) {
    return null;
  }
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
      {chips.map(({ text, without }) => (
        <Chip
          key={text}
          text={text}
          remove={t('filter.remove', 'Remove the filter “{{text}}”', { text })}
          onRemove={() => onChange(without)}
        />
      ))}
      {chips.length > 1 && (
        <Button
          variant="secondary"
          fill="text"
          size="sm"
          onClick={() => onChange(Object.assign({}, ...chips.map(({ none }) => none)))}
        >
          {t('filter.clear', 'Clear filters')}
        </Button>
      )}
    </Stack>
  );
};

interface OneChip {
  text: string;
  /** The change that takes this one away. */
  without: Partial<KeyFilter>;
  /** The change that takes all of its kind away. */
  none: Partial<KeyFilter>;
}

function chipsOf(filter: KeyFilter): OneChip[] {
  const one = (text: string, none: Partial<KeyFilter>): OneChip => ({ text, without: none, none });
  const { owner, label, tenant, endpoint, unused, expires } = filter;
  return [
    ...(owner ? [one(t('filter.is-owner', 'Owner: {{owner}}', { owner }), { owner: '' })] : []),
    ...label.map((text) => ({
      text: t('filter.is-label', 'Label: {{text}}', { text }),
      without: { label: label.filter((other) => other !== text) },
      none: { label: [] },
    })),
    ...(tenant ? [one(t('filter.is-tenant', 'Tenant: {{tenant}}', { tenant }), { tenant: '' })] : []),
    ...(endpoint ? [one(t('filter.is-endpoint', 'Endpoint: {{endpoint}}', { endpoint }), { endpoint: '' })] : []),
    ...(unused ? [one(unusedName(unused), { unused: '' })] : []),
    ...(expires ? [one(expiresName(expires), { expires: '' })] : []),
  ];
}
