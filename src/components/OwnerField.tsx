import React from 'react';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { Suggest, type Suggestion } from './Suggest';
import { SuggestField, type Slot } from './SuggestField';

/** Who answers for a key. */
export const OwnerField = ({ suggestions, ...slot }: Slot<string> & { suggestions: readonly Suggestion[] }) => {
  const { whoami } = useCaller();
  return (
    <SuggestField
      id="key-owner"
      label={t('key.owner', 'Owner')}
      description={t('key-form.owner-help', 'Who answers for it: a login, an address or a team.')}
      error={slot.error}
    >
      <Suggest
        id="key-owner"
        value={slot.value}
        onChange={slot.onChange}
        onPick={slot.onChange}
        suggestions={suggestions}
        invalid={Boolean(slot.error)}
        placeholder={whoami.login}
      />
    </SuggestField>
  );
};
