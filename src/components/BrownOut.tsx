import { Alert } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { serverTime } from '../api/clock';
import type { Denial, Key } from '../api/types';
import { clockTime, count } from '../format';
import { t } from '../i18n';
import { useDenials } from './useDenials';

/** How long a key is switched off at the most that this page asks for, in milliseconds. */
const MINUTE = 60_000;

/** A key that was switched off for a while: until when, and whom that hit. It stays when the key is back. */
export const BrownOut = ({ target: key }: { target: Key }) => {
  const [until, setUntil] = useState(key.disabledUntil);
  const [since, setSince] = useState(() => startOf(key));
  if (key.disabledUntil && key.disabledUntil !== until) {
    setUntil(key.disabledUntil);
    setSince(startOf(key));
  }
  return until && <Outcome key={since} target={key} until={until} since={since} />;
};

/** The pause began a minute before its end, or now if it was longer. */
const startOf = ({ disabledUntil }: Key) =>
  new Date(Math.min(serverTime(), new Date(disabledUntil ?? serverTime()).getTime() - MINUTE)).toISOString();

const Outcome = ({ target: key, until, since }: { target: Key; until: string; since: string }) => {
  const { denials = [] } = useDenials(
    useMemo(() => ({ keyId: key.id, code: 'disabled', since }), [key.id, since]),
    { limit: MOST, follow: false }
  );
  const n = denials.reduce((sum, denial) => sum + denial.count, 0);
  const off = key.disabledUntil !== null;
  const at = clockTime(until);
  return (
    <Alert
      severity={n ? 'warning' : 'info'}
      title={
        off
          ? t('brown-out.off', 'Switched off until {{at}}; then it is back by itself', { at })
          : t('brown-out.over', 'It was switched off until {{at}}', { at })
      }
    >
      <span role="status">
        {n
          ? t('brown-out.missed', 'Refused meanwhile: {{n}}, from {{who}}.', { n: count(n), who: senders(denials) })
          : off
            ? t('brown-out.nobody-yet', 'Nobody was refused yet. Who is appears here at once.')
            : t('brown-out.nobody', 'Nobody sent it meanwhile.')}
      </span>
    </Alert>
  );
};

const MOST = 100;

/** Who they were, each once. */
const senders = (denials: readonly Denial[]): string =>
  [
    ...new Set(
      denials.map(({ address, userAgent }) => [address, userAgent && `(${userAgent})`].filter(Boolean).join(' '))
    ),
  ]
    .filter(Boolean)
    .slice(0, 5)
    .join(', ') || t('clients.unknown', 'somebody');
