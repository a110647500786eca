import { Input, Stack } from '@grafana/ui';
import React, { useId } from 'react';
import type { Policy } from '../api/types';
import { day, duration, exactTime } from '../format';
import { t } from '../i18n';
import { endOf, isNear, lifetimeOptions, type LifetimeChoice } from './lifetime';
import { FieldGroup } from './FieldGroup';
import { RadioRow } from './RadioRow';

interface Props {
  value: LifetimeChoice;
  onChange: (value: LifetimeChoice) => void;
  policy: Policy;
  /** What is wrong with the value. */
  error?: string;
  /** The key's present end, when a key is changed and not made. */
  present?: { expiresAt: string | null };
  /** Whether it is for many keys, each of which may keep what it has. */
  many?: boolean;
}

/** Chooses how long a key lives, and says when that ends. */
export const LifetimeField = ({ value, onChange, policy, error, present, many }: Props) => {
  const id = useId();
  return (
    <FieldGroup
      label={t('lifetime.label', 'Lifetime')}
      description={<LifetimeText value={value} policy={policy} present={present} many={many} />}
      error={error}
    >
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <RadioRow
          id={id}
          aria-label={t('lifetime.label', 'Lifetime')}
          options={lifetimeOptions(
            policy,
            many ? t('lifetime.as-each', 'As each has') : Boolean(present) && t('lifetime.keep', 'Unchanged')
          )}
          value={value.kind}
          onChange={(kind) => onChange({ ...value, kind })}
        />
        {value.kind === 'date' && (
          <Input
            id={`${id}-date`}
            type="date"
            width={20}
            aria-label={t('lifetime.last-day', 'Last day')}
            aria-invalid={Boolean(error)}
            value={value.date}
            onChange={(e) => onChange({ ...value, date: e.currentTarget.value })}
          />
        )}
        {value.kind === 'seconds' && (
          <Input
            id={`${id}-seconds`}
            inputMode="numeric"
            width={20}
            aria-label={t('lifetime.number-of-seconds', 'Number of seconds')}
            aria-invalid={Boolean(error)}
            placeholder="3600"
            value={value.seconds}
            onChange={(e) => onChange({ ...value, seconds: e.currentTarget.value.trim() })}
          />
        )}
      </Stack>
    </FieldGroup>
  );
};

const LifetimeText = ({ value, policy, present, many }: Pick<Props, 'value' | 'policy' | 'present' | 'many'>) => {
  const limit = policy.maxTtl ? ' ' + t('lifetime.limit', 'At most {{max}}.', { max: duration(policy.maxTtl) }) : '';
  if (value.kind === 'keep' && many) {
    return <>{t('lifetime.as-each-why', 'Each new token works as long as the one before it was made to.') + limit}</>;
  }
  if (value.kind === 'keep') {
    const at = present?.expiresAt;
    return (
      <>
        {(at
          ? t('lifetime.ends-at', 'Ends {{at}}.', { at: exactTime(at) })
          : t('lifetime.without-end', 'Works until it is revoked.')) + limit}
      </>
    );
  }
  if (value.kind === 'never') {
    return <>{t('lifetime.without-end', 'Works until it is revoked.') + limit}</>;
  }
  if (value.kind === 'date' && value.date) {
    return <>{t('lifetime.whole-day', 'Works to the end of that day, UTC.') + limit}</>;
  }
  const end = endOf(value);
  return (
    <>
      {(end
        ? isNear(end)
          ? t('lifetime.ends-at', 'Ends {{at}}.', { at: exactTime(end.toISOString()) })
          : t('lifetime.ends-on', 'Ends on {{day}}.', { day: day(end) })
        : t('lifetime.choose', 'Choose when it ends.')) + limit}
    </>
  );
};
