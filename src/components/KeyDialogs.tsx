import { css } from '@emotion/css';
import { Modal, useStyles2 } from '@grafana/ui';
import React from 'react';
import { api } from '../api/client';
import type { Key, IssuedKey } from '../api/types';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { KeyForm, toList, type KeyValues } from './KeyForm';
import { defaultLifetime, toLifetime } from './lifetime';

interface CreateProps {
  /** Takes the new key with its token. */
  onCreated: (created: IssuedKey) => void;
  onCancel: () => void;
}

/** Makes a key. */
export const CreateKeyDialog = ({ onCreated, onCancel }: CreateProps) => {
  const styles = useStyles2(getStyles);
  const { policy } = useCaller();
  const initial: KeyValues = {
    name: '',
    description: '',
    role: policy.roles.includes('Agent') ? 'Agent' : policy.roles[0],
    pool: '',
    endpoints: '',
    allowedCidrs: '',
    lifetime: defaultLifetime(policy),
  };
  const create = async ({ endpoints, allowedCidrs, lifetime, ...rest }: KeyValues) =>
    onCreated(
      await api.createKey({
        ...rest,
        endpoints: toList(endpoints),
        allowedCidrs: toList(allowedCidrs),
        ...toLifetime(lifetime),
      })
    );

  return (
    <Modal
      isOpen
      title={t('create.title', 'Create API key')}
      onDismiss={onCancel}
      closeOnBackdropClick={false}
      className={styles.modal}
    >
      <KeyForm
        initial={initial}
        policy={policy}
        submitText={t('create.submit', 'Create key')}
        onSubmit={create}
        onCancel={onCancel}
      />
    </Modal>
  );
};

interface EditProps {
  target: Key;
  onSaved: (key: Key) => void;
  onCancel: () => void;
}

/** Changes what can be changed of a key: all but its role and pool, and of a revoked one only what people read. */
export const EditKeyDialog = ({ target, onSaved, onCancel }: EditProps) => {
  const styles = useStyles2(getStyles);
  const { policy } = useCaller();
  const initial: KeyValues = {
    name: target.name,
    description: target.description,
    role: target.role,
    pool: target.pool,
    endpoints: target.endpoints.join(', '),
    allowedCidrs: target.allowedCidrs.join(', '),
    lifetime: { kind: 'keep', date: '', seconds: '' },
  };
  const save = async ({ name, description, endpoints, allowedCidrs, lifetime }: KeyValues) => {
    const limits = { endpoints: toList(endpoints), allowedCidrs: toList(allowedCidrs), ...toLifetime(lifetime) };
    onSaved(await api.updateKey(target.id, { name, description, ...(target.state === 'revoked' ? {} : limits) }));
  };

  return (
    <Modal
      isOpen
      title={t('edit.title', 'Edit {{name}}', { name: target.name })}
      onDismiss={onCancel}
      closeOnBackdropClick={false}
      className={styles.modal}
    >
      <KeyForm
        initial={initial}
        policy={policy}
        present={target}
        submitText={t('edit.submit', 'Save')}
        onSubmit={save}
        onCancel={onCancel}
      />
    </Modal>
  );
};

const getStyles = () => ({
  modal: css({ width: 'min(680px, calc(100vw - 32px))' }),
});
