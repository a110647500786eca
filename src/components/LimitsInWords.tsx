import React from 'react';
import type { Limits } from '../api/types';
import { count, percent } from '../format';
import { t } from '../i18n';
import { LIMITS, limitName, typeLimits } from './amounts';
import { Nothing } from './Nothing';

interface Props {
  limits: Limits;
  /** How much of each is used: 1 is all. */
  used?: Partial<Record<string, number>>;
}

/** The limits that are set, a line each. */
export const LimitsInWords = ({ limits, used = {} }: Props) => {
  const typed = typeLimits(limits);
  const set = LIMITS.filter((name) => typed[name]);
  return set.length ? (
    <>
      {set.map((name) => (
        <div key={name}>
          {t('said', '{{name}}: {{value}}', {
            name: limitName(name),
            value: name.startsWith('bytes') ? typed[name] : count(Number(typed[name])),
          })}
          {used[name] !== undefined && ` (${t('key.limit-used', '{{share}} used', { share: percent(used[name]) })})`}
        </div>
      ))}
    </>
  ) : (
    <Nothing />
  );
};
