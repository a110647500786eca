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
  /** Whether it is for many keys. */
  many?: boolean;
}

/** How long a key's present tokens keep working after it gets a new one. */
export const OverlapField = ({ value, onChange, many = false }: Props) => {
  const { policy } = useCaller();
  return (
    <FieldGroup label={t('rotate.overlap', 'Overlap')} description={becomesOfOthers(value, many)}>
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

function becomesOfOthers(overlap: number, many: boolean): string {
  const time = duration(overlap);
  if (many) {
    return overlap
      ? t('pool-rotate.overlap-help', 'Their other tokens keep working for {{time}}, then they expire.', { time })
      : t('pool-rotate.no-overlap-help', 'Their other tokens are refused from the next request on.');
  }
  return overlap
    ? t('rotate.overlap-help', 'Its other tokens keep working for {{time}}, then they expire.', { time })
    : t('rotate.no-overlap-help', 'Its other tokens are refused from the next request on.');
}
