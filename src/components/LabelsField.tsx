import React from 'react';
import { t } from '../i18n';
import { PickMany } from './PickMany';
import type { Suggestion } from './Suggest';
import { SuggestField, type Slot } from './SuggestField';

/** The labels of a key, each as name=value. */
export const LabelsField = ({ suggestions, ...slot }: Slot<string[]> & { suggestions: readonly Suggestion[] }) => (
  <SuggestField id="key-labels" label={t('key.labels', 'Labels')} error={slot.error}>
    <PickMany
      id="key-labels"
      separator={/,/}
      value={slot.value}
      onChange={slot.onChange}
      suggestions={suggestions}
      invalid={Boolean(slot.error)}
      placeholder="team=sre"
    />
  </SuggestField>
);
