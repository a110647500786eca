import React, { useCallback } from 'react';
import { api } from '../api/client';
import { useQuery } from '../api/useQuery';
import { t } from '../i18n';
import { describeEndpoint } from './endpoint';
import { PickMany } from './PickMany';
import { SuggestField, type Slot } from './SuggestField';

/** Chooses among the endpoints of the gate, or names others: a key may be made before its endpoint is. */
export const EndpointsField = ({ value, onChange, error }: Slot<string[]>) => {
  const { data } = useQuery(useCallback((signal: AbortSignal) => api.endpoints(signal), []));
  return (
    <SuggestField
      id="key-endpoints"
      label={t('key.endpoints', 'Endpoints')}
      description={t('key-form.endpoints-help', 'The only endpoints of the gate that it opens. Empty: all.')}
      error={error}
    >
      <PickMany
        id="key-endpoints"
        value={value}
        onChange={onChange}
        invalid={Boolean(error)}
        placeholder={t('key-form.all-endpoints', 'All endpoints')}
        suggestions={(data?.endpoints ?? []).map((endpoint) => ({
          value: endpoint.name,
          description: describeEndpoint(endpoint),
        }))}
      />
    </SuggestField>
  );
};
