import { Field, Label, MultiCombobox } from '@grafana/ui';
import React, { useCallback, type FocusEvent } from 'react';
import { api } from '../api/client';
import type { Endpoint } from '../api/types';
import { useQuery } from '../api/useQuery';
import { t } from '../i18n';
import { toList } from './limits';
import { permissionName } from './roles';

interface Props {
  /** Their names, with commas between. */
  value: string;
  onChange: (endpoints: string) => void;
  /** What is wrong with the value. */
  error?: string;
}

/** Chooses among the endpoints of the gate, or names others: a key may be made before its endpoint is. */
export const EndpointsField = ({ value, onChange, error }: Props) => {
  const { data } = useQuery(useCallback((signal: AbortSignal) => api.endpoints(signal), []));
  const chosen = toList(value);
  const choose = (names: string[]) => onChange([...new Set(names.flatMap(toList))].join(', '));
  // The list keeps what was typed only once it was chosen there.
  const keepTyped = ({ target }: FocusEvent) => {
    if (target instanceof HTMLInputElement && target.value.trim()) {
      choose([...chosen, target.value]);
    }
  };
  return (
    <Field
      label={
        <Label
          id="key-endpoints-label"
          htmlFor="key-endpoints"
          description={t('key-form.endpoints-help', 'The only endpoints of the gate that it opens. Empty: all.')}
        >
          {t('key.endpoints', 'Endpoints')}
        </Label>
      }
      invalid={Boolean(error)}
      error={error}
    >
      <div onBlur={keepTyped} data-invalid={Boolean(error)}>
        <MultiCombobox
          id="key-endpoints"
          aria-labelledby="key-endpoints-label"
          createCustomValue
          invalid={Boolean(error)}
          placeholder={t('key-form.all-endpoints', 'All endpoints')}
          options={(data?.endpoints ?? []).map((endpoint) => ({
            value: endpoint.name,
            label: endpoint.name,
            description: describeEndpoint(endpoint),
          }))}
          value={chosen}
          onChange={(options) => choose(options.map((option) => option.value))}
        />
      </div>
    </Field>
  );
};

/** Where an endpoint lies, and what it takes to open it. */
const describeEndpoint = ({ path, kind, require, takes }: Endpoint) =>
  [path, kind, demand(require, takes)].filter(Boolean).join(' · ');

const demand = (require: Endpoint['require'], takes: Endpoint['takes']) =>
  (require ? [require] : takes)
    .map((one) => (one === 'none' ? t('key-form.open-to-all', 'open to all') : permissionName(one)))
    .join(', ');
