import { Alert, Field, Input, TextArea } from '@grafana/ui';
import React, { useState } from 'react';
import { useForm } from 'react-hook-form';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { CreatePool, Pool } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { ConfirmDialog } from './ConfirmDialog';
import { Dialog, useUnsaved } from './Dialog';
import { FormButtons } from './FormButtons';
import { Restored } from './Restored';
import { useDraft, useDraftName } from './useDraft';

interface CreateProps {
  onCreated: (pool: Pool) => void;
  onCancel: () => void;
}

/** Makes a pool without keys. */
export const CreatePoolDialog = (props: CreateProps) => (
  <Dialog title={t('pool-form.title', 'Create agent pool')} width={560} onDismiss={props.onCancel}>
    <PoolForm {...props} />
  </Dialog>
);

const PoolForm = ({ onCreated, onCancel }: CreateProps) => {
  const form = useForm<Required<CreatePool>>({ defaultValues: { name: '', description: '' } });
  const { register, handleSubmit, setError, formState } = form;
  const { errors, isSubmitting, isDirty } = formState;
  const [failure, setFailure] = useState<ApiError>();
  const draft = useDraft(useDraftName('pool'), form);
  useUnsaved(isDirty && !isSubmitting, draft.forget);

  const create = handleSubmit(async (values) => {
    setFailure(undefined);
    try {
      const pool = await api.createPool(values);
      draft.forget();
      onCreated(pool);
    } catch (reason) {
      const error = toApiError(reason);
      const wrong = error.fields[0]?.field;
      if (error.code === 'duplicate_name' || wrong === 'name' || wrong === 'description') {
        const field = wrong === 'description' ? wrong : 'name';
        setError(
          field,
          { message: error.code === 'duplicate_name' ? error.message : error.fields[0].detail },
          { shouldFocus: true }
        );
      } else {
        setFailure(error);
      }
    }
  });

  return (
    <form onSubmit={create} noValidate>
      {failure && (
        <Alert severity="error" title={t('pool-form.failed', 'The pool was not made')}>
          {failure.message}
        </Alert>
      )}
      {draft.restored && <Restored onStartAfresh={draft.startAfresh} />}
      <Field
        htmlFor="pool-name"
        label={t('key.name', 'Name')}
        description={t('pool-form.name-help', 'Letters, digits, dots, dashes and underscores. It cannot be changed.')}
        required
        invalid={Boolean(errors.name)}
        error={errors.name?.message}
      >
        <Input
          id="pool-name"
          autoFocus
          autoComplete="off"
          maxLength={255}
          placeholder="edge"
          aria-invalid={Boolean(errors.name)}
          {...register('name', {
            validate: (name) =>
              /^[0-9A-Za-z][0-9A-Za-z._-]*$/.test(name.trim()) ||
              t(
                'pool-form.name-wrong',
                'Begin with a letter or a digit; go on with those, dots, dashes or underscores.'
              ),
            setValueAs: (name: string) => name.trim(),
          })}
        />
      </Field>
      <Field
        htmlFor="pool-description"
        label={t('key.description', 'Description')}
        invalid={Boolean(errors.description)}
        error={errors.description?.message}
      >
        <TextArea
          id="pool-description"
          rows={2}
          aria-invalid={Boolean(errors.description)}
          placeholder={t('pool-form.description-example', 'Which agents, and whom to ask')}
          {...register('description')}
        />
      </Field>
      <FormButtons
        submit={t('pools.create', 'Create pool')}
        busy={isSubmitting}
        onCancel={() => {
          draft.forget();
          onCancel();
        }}
      />
    </form>
  );
};

interface EndProps {
  target: Pool;
  /** Removing takes the pool from the list; revoking ends its keys and lets it be. */
  how: 'revoke' | 'remove';
  /** Takes how many keys were revoked, when that was asked for. */
  onDone: (revoked?: number) => void;
  onCancel: () => void;
}

/** Ends the keys of a pool, or the pool itself. The name must be typed when keys lose their right to anything. */
export const EndPoolDialog = ({ target, how, onDone, onCancel }: EndProps) => {
  const { name, keys } = target;
  const usable = keys.active + keys.disabled;
  if (how === 'revoke') {
    const run = async () => onDone((await api.revokePool(name)).revoked);
    return (
      <ConfirmDialog
        title={t('pool-revoke.title', 'Revoke all keys of {{name}}', { name })}
        typed={name}
        failed={t('pool-revoke.failed', 'No key was revoked')}
        acts={[{ text: t('pool-revoke.button', 'Revoke all keys'), run }]}
        onCancel={onCancel}
      >
        <p>{numberOfUsable(usable)}</p>
        <p>
          {t(
            'pool-revoke.consequence',
            'Every agent in this pool is refused from the next request on. The pool stays and can have new keys. This cannot be undone.'
          )}
        </p>
      </ConfirmDialog>
    );
  }
  const run = async () => {
    await api.deletePool(name, usable > 0);
    onDone();
  };
  return (
    <ConfirmDialog
      title={t('pool-remove.title', 'Remove the pool {{name}}', { name })}
      typed={usable > 0 ? name : undefined}
      failed={t('pool-remove.failed', 'The pool was not removed')}
      acts={[
        {
          text:
            usable > 0
              ? t('pool-remove.force', 'Revoke its keys and remove it')
              : t('pool-remove.button', 'Remove pool'),
          run,
        },
      ]}
      onCancel={onCancel}
    >
      {usable > 0 && <p>{numberOfUsable(usable)}</p>}
      <p>
        {usable > 0
          ? t(
              'pool-remove.consequence',
              'All are revoked in the same act, and every agent in this pool is refused from the next request on. This cannot be undone.'
            )
          : t('pool-remove.consequence-unused', 'None of its keys can be used, so nothing stops working.')}{' '}
        {t('pool-remove.keys-stay', 'The keys stay in the list of keys until they are deleted.')}
      </p>
    </ConfirmDialog>
  );
};

const numberOfUsable = (n: number) =>
  t('pools.usable', '', {
    count: n,
    n: count(n),
    defaultValue_one: '{{n}} of its keys can be used now or be enabled again.',
    defaultValue_other: '{{n}} of its keys can be used now or be enabled again.',
  });
