import React from 'react';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { Suggest, type Suggestion } from './Suggest';
import { SuggestField, type Slot } from './SuggestField';

interface Props extends Slot<string> {
  suggestions: readonly Suggestion[];
  /** What is said of it; without it, what an owner is, and that whoever fills it in is one. */
  description?: string;
}

/** Who answers for a key. */
export const OwnerField = ({ suggestions, description, ...slot }: Props) => {
  const { whoami } = useCaller();
  return (
    <SuggestField
      id="key-owner"
      label={t('key.owner', 'Owner')}
      description={description ?? t('key-form.owner-help', 'Who answers for it: a login, an address or a team.')}
      error={slot.error}
    >
      <Suggest
        id="key-owner"
        value={slot.value}
        onChange={slot.onChange}
        onPick={slot.onChange}
        suggestions={suggestions}
        invalid={Boolean(slot.error)}
        placeholder={description ? undefined : whoami.login}
      />
    </SuggestField>
  );
};
