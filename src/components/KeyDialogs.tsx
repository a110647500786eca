import { LoadingPlaceholder } from '@grafana/ui';
import React, { useCallback, useRef, useState } from 'react';
import { api } from '../api/client';
import type { IssuedKey, Key, UpdateKey } from '../api/types';
import { useQuery } from '../api/useQuery';
import { t } from '../i18n';
import { toLimits, typeLimits } from './amounts';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { differing } from './differing';
import { KeyForm, type KeyValues } from './KeyForm';
import { toLabels, toTexts } from './labels';
import { toList } from './limits';
import { defaultLifetime, toLifetime } from './lifetime';
import { Editing } from './meanwhile';
import { templates, type Template } from './templates';

/** What a new key begins as, where somebody was led to it. */
export interface Beginning {
  template: Template['id'];
  /** A name that can be kept. */
  name: string;
}

interface CreateProps {
  /** Takes the new key with its token, and the use that is shown first, by the id of its snippet. */
  onCreated: (created: IssuedKey, snippet?: string) => void;
  /** What it begins as. */
  begin?: Beginning;
  onCancel: () => void;
}

/** Makes a key. */
export const CreateKeyDialog = ({ begin, onCreated, onCancel }: CreateProps) => {
  const { policy } = useCaller();
  const initial = useInitial(begin);
  const chosen = useRef<Template>(undefined);
  const create = async ({ labels, allowedCidrs, limits, lifetime, ...rest }: KeyValues) =>
    onCreated(
      await api.createKey({
        ...rest,
        labels: toLabels(labels),
        allowedCidrs: toList(allowedCidrs),
        limits: toLimits(limits),
        ...toLifetime(lifetime),
      }),
      chosen.current?.snippet
    );

  return (
    <Dialog title={t('create.title', 'Create API key')} width={1080} onDismiss={onCancel}>
      {initial ? (
        <KeyForm
          initial={initial}
          policy={policy}
          begin={begin?.template}
          onChosen={(template) => (chosen.current = template)}
          submitText={t('create.submit', 'Create key')}
          onSubmit={create}
          onCancel={onCancel}
        />
      ) : (
        <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
      )}
    </Dialog>
  );
};

/** What the form holds at first; what it begins as depends on the endpoints, which are asked for. */
function useInitial(begin?: Beginning): KeyValues | undefined {
  const { policy } = useCaller();
  const isLed = begin !== undefined;
  const { data: endpoints, error } = useQuery(
    useCallback(async (signal: AbortSignal) => (isLed ? (await api.endpoints(signal)).endpoints : []), [isLed])
  );
  const empty: KeyValues = {
    name: begin?.name ?? '',
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
  if (!begin) {
    return empty;
  }
  const known = endpoints ?? (error && []);
  return known && { ...empty, ...templates(policy, known).find(({ id }) => id === begin.template)?.values };
}

interface EditProps {
  target: Key;
  /** Takes the key as it is now, and what was changed. */
  /** Takes the key, what was sent, and the key as it was just before. */
  onSaved: (key: Key, sent: UpdateKey, before: Key) => void;
  onCancel: () => void;
}

/** Changes a key; of a revoked one only what people read. */
export const EditKeyDialog = ({ target, onSaved, onCancel }: EditProps) => {
  const { policy } = useCaller();
  const [editing] = useState(() => new Editing(target));
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
      role,
      pool: pool.trim(),
      endpoints,
      allowedCidrs: toList(allowedCidrs),
      tenants,
      limits: toLimits(limits),
      ...toLifetime(lifetime),
    };
    // What did not change is not sent: it may be another's by now, and a policy may have been narrowed since.
    const sent = differing({ ...always, ...(target.state === 'revoked' ? {} : untilRevoked) }, target);
    onSaved(await api.updateKey(target.id, await editing.beside(sent)), sent, editing.before);
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
