import React from 'react';
import { api } from '../api/client';
import type { Key, IssuedKey } from '../api/types';
import { t } from '../i18n';
import { toLimits, typeLimits } from './amounts';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { KeyForm, type KeyValues } from './KeyForm';
import { toLabels, toTexts } from './labels';
import { toList } from './limits';
import { defaultLifetime, toLifetime } from './lifetime';

interface CreateProps {
  /** Takes the new key with its token. */
  onCreated: (created: IssuedKey) => void;
  onCancel: () => void;
}

/** Makes a key. */
export const CreateKeyDialog = ({ onCreated, onCancel }: CreateProps) => {
  const { policy } = useCaller();
  const initial: KeyValues = {
    name: '',
    description: '',
    owner: '',
    labels: [],
    role: policy.roles.includes('Agent') ? 'Agent' : policy.roles[0],
    pool: '',
    endpoints: [],
    allowedCidrs: '',
    tenants: [],
    limits: typeLimits({}),
    lifetime: defaultLifetime(policy),
  };
  const create = async ({ labels, allowedCidrs, limits, lifetime, ...rest }: KeyValues) =>
    onCreated(
      await api.createKey({
        ...rest,
        labels: toLabels(labels),
        allowedCidrs: toList(allowedCidrs),
        limits: toLimits(limits),
        ...toLifetime(lifetime),
      })
    );

  return (
    <Dialog title={t('create.title', 'Create API key')} width={1080} onDismiss={onCancel}>
      <KeyForm
        initial={initial}
        policy={policy}
        submitText={t('create.submit', 'Create key')}
        onSubmit={create}
        onCancel={onCancel}
      />
    </Dialog>
  );
};

interface EditProps {
  target: Key;
  onSaved: (key: Key) => void;
  onCancel: () => void;
}

/** Changes a key; of a revoked one only what people read. */
export const EditKeyDialog = ({ target, onSaved, onCancel }: EditProps) => {
  const { policy } = useCaller();
  const initial: KeyValues = {
    name: target.name,
    description: target.description,
    owner: target.owner,
    labels: toTexts(target.labels),
    role: target.role,
    pool: target.pool,
    endpoints: target.endpoints,
    allowedCidrs: target.allowedCidrs.join(', '),
    tenants: target.tenants,
    limits: typeLimits(target.limits),
    lifetime: { kind: 'keep', date: '', seconds: '' },
  };
  const save = async ({ name, description, owner, labels, ...rest }: KeyValues) => {
    const always = { name, description, owner, labels: toLabels(labels) };
    const { role, pool, endpoints, allowedCidrs, tenants, limits, lifetime } = rest;
    const untilRevoked = {
      // What did not change is not sent: a policy may have been narrowed since.
      ...(role === target.role ? {} : { role }),
      ...(pool.trim() === target.pool ? {} : { pool: pool.trim() }),
      endpoints,
      allowedCidrs: toList(allowedCidrs),
      tenants,
      limits: toLimits(limits),
      ...toLifetime(lifetime),
    };
    onSaved(await api.updateKey(target.id, { ...always, ...(target.state === 'revoked' ? {} : untilRevoked) }));
  };

  return (
    <Dialog
      title={t('edit.title', 'Edit {{name}}', { name: target.name })}
      width={target.state === 'revoked' ? 600 : 1080}
      onDismiss={onCancel}
    >
      <KeyForm
        initial={initial}
        policy={policy}
        present={target}
        submitText={t('edit.submit', 'Save')}
        onSubmit={save}
        onCancel={onCancel}
      />
    </Dialog>
  );
};
