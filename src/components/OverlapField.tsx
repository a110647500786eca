import React from 'react';
import { duration } from '../format';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { FieldGroup } from './FieldGroup';
import { RadioRow } from './RadioRow';

interface Props {
  /** In seconds. */
  value: number;
  onChange: (overlap: number) => void;
}

/** How long a key's present tokens keep working after it gets a new one. */
export const OverlapField = ({ value, onChange }: Props) => {
  const { policy } = useCaller();
  return (
    <FieldGroup
      label={t('rotate.overlap', 'Overlap')}
      description={
        value
          ? t('rotate.overlap-help', 'Its other tokens keep working for {{time}}, then they expire.', {
              time: duration(value),
            })
          : t('rotate.no-overlap-help', 'Its other tokens are refused from the next request on.')
      }
    >
      <RadioRow
        id="rotate-overlap"
        aria-label={t('rotate.overlap', 'Overlap')}
        value={value}
        onChange={onChange}
        options={policy.offers.overlaps.map((offer) => ({
          value: offer,
          label: offer ? duration(offer) : t('rotate.none', 'None'),
        }))}
      />
    </FieldGroup>
  );
};
