import React from 'react';
import type { Limits } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { LIMITS, limitName, typeLimits } from './amounts';
import { Nothing } from './Nothing';

/** The limits that are set, a line each. */
export const LimitsInWords = ({ limits }: { limits: Limits }) => {
  const typed = typeLimits(limits);
  const set = LIMITS.filter((name) => typed[name]);
  return set.length ? (
    <>
      {set.map((name) => (
        <div key={name}>
          {t('key.limit', '{{name}}: {{value}}', {
            name: limitName(name),
            value: name.startsWith('bytes') ? typed[name] : count(Number(typed[name])),
          })}
        </div>
      ))}
    </>
  ) : (
    <Nothing />
  );
};
