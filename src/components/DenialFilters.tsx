import { FilterInput } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import { Chip } from './Chip';
import { Choice } from './Choice';
import { codeName, CODES } from './codes';
import { FilterBar } from './FilterBar';
import { SINCE, type DenialFilter, type Since } from './useDenialFilter';
import { withoutSecret } from './withoutSecret';
import { useDelayed } from './useDelayed';

interface Props {
  filter: DenialFilter;
  /** The names of the gate's endpoints. */
  endpoints: readonly string[];
  /** What the key is called that is filtered by. */
  keyName: string;
  onChange: (change: Partial<DenialFilter>) => void;
}

/** Narrows the list of refused requests. */
export const DenialFilters = ({ filter, endpoints, keyName, onChange }: Props) => {
  const [words, setWords] = useDelayed(filter.q, (q) => onChange({ q }));
  const search = t('refused.search', 'Search refused requests');
  const withOwn = <T extends string>(all: readonly T[], own: string) =>
    own && !all.includes(own as T) ? [...all, own] : [...all];
  return (
    <FilterBar>
      <FilterInput
        width={46}
        escapeRegex={false}
        aria-label={search}
        placeholder={t('refused.search-for', 'Address, path, program, key or token')}
        value={words}
        onChange={(typed) => setWords(withoutSecret(typed))}
      />
      <Choice
        label={t('refused.why', 'Why')}
        width={26}
        value={filter.code}
        onChange={(code) => onChange({ code })}
        options={[
          { value: '', label: t('refused.all-codes', 'All reasons') },
          ...withOwn(CODES, filter.code).map((value) => ({ value, label: codeName(value) })),
        ]}
      />
      <Choice
        label={t('refused.by-endpoint', 'Endpoint')}
        width={22}
        value={filter.endpoint}
        onChange={(endpoint) => onChange({ endpoint })}
        options={[
          { value: '', label: t('refused.all-endpoints', 'All endpoints') },
          ...withOwn(endpoints, filter.endpoint).map((value) => ({ value, label: value })),
        ]}
      />
      <Choice<Since | ''>
        label={t('audit.when', 'When')}
        width={18}
        value={filter.since}
        onChange={(since) => onChange({ since })}
        options={[
          { value: '', label: t('audit.all-times', 'All times') },
          ...SINCE.map((value) => ({ value, label: sinceName(value) })),
        ]}
      />
      {filter.keyId && (
        <Chip
          text={t('refused.of-key', 'Key: {{name}}', { name: keyName || filter.keyId })}
          remove={t('filter.remove', 'Remove the filter “{{text}}”', { text: keyName || filter.keyId })}
          onRemove={() => onChange({ keyId: '' })}
        />
      )}
    </FilterBar>
  );
};

const sinceName = (since: Since): string =>
  ({
    '1h': t('refused.last-hour', 'Last hour'),
    '24h': t('audit.last-day', 'Last 24 hours'),
    '7d': t('audit.last-week', 'Last 7 days'),
  })[since];
