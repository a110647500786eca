import { Alert } from '@grafana/ui';
import React, { useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Key, IssuedKey } from '../api/types';
import { exactTime } from '../format';
import { t } from '../i18n';
import { Dialog } from './Dialog';
import { FormButtons } from './FormButtons';
import { useCaller } from './Caller';
import { checkLifetime, defaultLifetime, endsSooner, toLifetime } from './lifetime';
import { LifetimeField } from './LifetimeField';
import { NotDone } from './NotDone';
import { OverlapField } from './OverlapField';

interface Props {
  target: Key;
  onRotated: (created: IssuedKey) => void;
  onCancel: () => void;
}

/** Gives a key another token; the others work for the overlap. */
export const RotateKeyDialog = ({ target, onRotated, onCancel }: Props) => {
  const { policy } = useCaller();
  const [overlap, setOverlap] = useState(policy.offers.overlap);
  const [lifetime, setLifetime] = useState(() => defaultLifetime(policy));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const wrong = checkLifetime(lifetime, policy);
  const refused = failure?.fields.find(({ field }) => field.startsWith('expires'))?.detail;

  const rotate = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong || busy) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      onRotated(await api.rotateKey(target.id, { overlap: `${overlap}s`, ...toLifetime(lifetime) }));
    } catch (reason) {
      setFailure(toApiError(reason));
      setBusy(false);
    }
  };

  return (
    <Dialog title={t('rotate.title', 'Rotate {{name}}', { name: target.name })} width={640} onDismiss={onCancel}>
      <form onSubmit={rotate} noValidate>
        <p>
          {t('rotate.what', 'The same key gets a new token. Put it where the old one is used before the overlap ends.')}
        </p>
        {failure && !refused && (
          <NotDone title={t('rotate.failed', 'The key was not rotated')} error={failure} issued />
        )}
        <OverlapField value={overlap} onChange={setOverlap} />
        <LifetimeField
          value={lifetime}
          onChange={setLifetime}
          policy={policy}
          error={tried ? (wrong ?? refused) : undefined}
        />
        {!wrong && endsSooner(lifetime, target.expiresAt) && <Sooner than={target.expiresAt} />}
        <FormButtons submit={t('rotate.button', 'Rotate key')} busy={busy} onCancel={onCancel} />
      </form>
    </Dialog>
  );
};

/** Warns of a new token that makes the key's life shorter. */
const Sooner = ({ than }: { than: string | null }) => (
  <Alert severity="warning" title={t('rotate.sooner', 'The key would end sooner than it does now')}>
    {than
      ? t('rotate.now-until', 'As it is, it works until {{at}}.', { at: exactTime(than) })
      : t('rotate.now-for-ever', 'As it is, it works until it is revoked.')}
  </Alert>
);
