import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Field, Input, Modal, RadioButtonList, Stack, TextArea, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState, type ReactNode } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toApiError, type ApiError } from '../api/errors';
import type { Key, Policy, Role } from '../api/types';
import { t } from '../i18n';
import { useUnsaved } from './Dialog';
import { EndpointsField } from './EndpointsField';
import { Restored } from './Restored';
import { checkAddresses, checkEndpoints } from './limits';
import { checkLifetime, type LifetimeChoice } from './lifetime';
import { LifetimeField } from './LifetimeField';
import { PoolField } from './PoolField';
import { roleGrants } from './roles';
import { FieldGroup } from './FieldGroup';
import { useDraft, useDraftName } from './useDraft';

/** What the form holds; lists are what was typed, with commas between. */
export interface KeyValues {
  name: string;
  description: string;
  role: Role;
  pool: string;
  endpoints: string;
  allowedCidrs: string;
  lifetime: LifetimeChoice;
}

interface Props {
  initial: KeyValues;
  policy: Policy;
  /** The key that is changed; without it, one is made, and its role and pool can be chosen. */
  present?: Key;
  submitText: string;
  /** Sends the values; what it rejects with is shown on the field that caused it. */
  onSubmit: (values: KeyValues) => Promise<void>;
  onCancel: () => void;
}

const FIELDS: Record<string, keyof KeyValues> = {
  name: 'name',
  description: 'description',
  role: 'role',
  pool: 'pool',
  endpoints: 'endpoints',
  allowedCidrs: 'allowedCidrs',
  expiresIn: 'lifetime',
  expiresAt: 'lifetime',
};

/** The form by which a key is made or changed. */
export const KeyForm = ({ initial, policy, present, submitText, onSubmit, onCancel }: Props) => {
  const styles = useStyles2(getStyles);
  const form = useForm<KeyValues>({ defaultValues: initial, shouldFocusError: false });
  const { register, control, handleSubmit, setError, formState } = form;
  const { errors, isSubmitting, isDirty, submitCount } = formState;
  const [failure, setFailure] = useState<ApiError>();
  const fields = useRef<HTMLDivElement>(null);
  const draft = useDraft(useDraftName(present ? `edit.${present.id}` : 'create'), form);
  useUnsaved(isDirty && !isSubmitting, draft.forget);

  // The page reports all mistakes that it can see together; those that only the server knows come after.
  const checks: Record<string, (value: string) => string | undefined> = {
    name: (v) => (v.trim() ? undefined : t('key-form.name-missing', 'Give the key a name.')),
    allowedCidrs: checkAddresses,
  };
  const over = present?.state === 'revoked';

  const place = (error: ApiError) => {
    const fields = error.code === 'duplicate_name' ? [{ field: 'name', detail: error.message }] : error.fields;
    const unplaced = fields.filter(({ field, detail }) => {
      const name = FIELDS[field.split(/[.[/]/)[0]];
      name && setError(name, { message: sentence(detail) });
      return !name;
    });
    if (unplaced.length || !fields.length) {
      setFailure(error);
    }
  };
  const submit = handleSubmit(async (values) => {
    setFailure(undefined);
    try {
      await onSubmit(values);
      draft.forget();
    } catch (reason) {
      place(toApiError(reason));
    }
  });
  // Scroll to the first mistake: the form may be longer than the window.
  useEffect(() => {
    if (submitCount && !isSubmitting) {
      showFirstFault(fields.current);
    }
  }, [submitCount, isSubmitting]);
  const text = (name: 'name' | 'description' | 'allowedCidrs') => ({
    id: `key-${name}`,
    'aria-invalid': Boolean(errors[name]),
    ...register(name, { validate: (value) => checks[name]?.(value) ?? true }),
  });

  const whoAndWhere = (
    <>
      <TextField name="name" label={t('key.name', 'Name')} error={errors.name?.message} required>
        <Input {...text('name')} maxLength={255} autoFocus autoComplete="off" placeholder="edge-agents" />
      </TextField>
      <TextField name="description" label={t('key.description', 'Description')} error={errors.description?.message}>
        <TextArea
          {...text('description')}
          rows={2}
          placeholder={t('key-form.description-example', 'What uses it, and whom to ask')}
        />
      </TextField>
      {!present && (
        <Controller
          control={control}
          name="pool"
          render={({ field: { value, onChange } }) => (
            <PoolField value={value} onChange={onChange} error={errors.pool?.message} />
          )}
        />
      )}
    </>
  );
  const limits = (
    <>
      <Controller
        control={control}
        name="endpoints"
        rules={{ validate: (value) => checkEndpoints(value) ?? true }}
        render={({ field: { value, onChange } }) => (
          <EndpointsField value={value} onChange={onChange} error={errors.endpoints?.message} />
        )}
      />
      <TextField
        name="allowedCidrs"
        label={t('key.allowed-addresses', 'Allowed addresses')}
        description={t('key-form.addresses-help', 'Only from these addresses, with commas between. Empty: all.')}
        error={errors.allowedCidrs?.message}
      >
        <Input {...text('allowedCidrs')} autoComplete="off" placeholder="10.0.0.0/8, 2001:db8::/32" />
      </TextField>
    </>
  );

  return (
    <form onSubmit={submit} noValidate>
      <div ref={fields}>
        {failure && (
          <Alert severity="error" title={t('key-form.failed', 'The key was not saved')}>
            {failure.message}
          </Alert>
        )}
        {draft.restored && <Restored onStartAfresh={draft.startAfresh} />}
        <div className={cx(!over && styles.columns)}>
          <div>
            {whoAndWhere}
            {!present && limits}
          </div>
          <div>
            {!present && (
              <Controller
                control={control}
                name="role"
                render={({ field: { value, onChange } }) => (
                  <FieldGroup label={t('key.role', 'Role')} error={errors.role?.message}>
                    <RadioButtonList
                      id="key-role"
                      name="role"
                      value={value}
                      onChange={onChange}
                      options={policy.roles.map((role) => ({
                        value: role,
                        label: role,
                        description: roleGrants(role),
                      }))}
                    />
                  </FieldGroup>
                )}
              />
            )}
            {!over && (
              <Controller
                control={control}
                name="lifetime"
                rules={{ validate: (choice) => checkLifetime(choice, policy) ?? true }}
                render={({ field: { value, onChange } }) => (
                  <LifetimeField
                    value={value}
                    onChange={onChange}
                    policy={policy}
                    error={errors.lifetime?.message}
                    present={present}
                  />
                )}
              />
            )}
            {present && !over && limits}
          </div>
        </div>
      </div>
      <Modal.ButtonRow>
        <Stack gap={2}>
          <Button
            type="button"
            variant="secondary"
            fill="outline"
            onClick={() => {
              draft.forget();
              onCancel();
            }}
          >
            {t('common.cancel', 'Cancel')}
          </Button>
          <Button type="submit" disabled={isSubmitting} icon={isSubmitting ? 'spinner' : undefined}>
            {submitText}
          </Button>
        </Stack>
      </Modal.ButtonRow>
    </form>
  );
};

/** Brings the first thing that is wrong into sight, with its explanation, and the focus to it. */
function showFirstFault(form: HTMLElement | null): void {
  const fault = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid="true"], [role="alert"]');
  if (!fault) {
    return;
  }
  const field = fault.matches('input, textarea') ? fault : fault.querySelector<HTMLElement>('input:checked, input');
  field?.focus({ preventScroll: true });
  fault.scrollIntoView({ block: 'center' });
}

interface TextFieldProps {
  name: string;
  label: string;
  description?: ReactNode;
  error?: string;
  required?: boolean;
  children: React.ReactElement<Record<string, unknown>>;
}

const TextField = ({ name, error, ...props }: TextFieldProps) => (
  <Field htmlFor={`key-${name}`} invalid={Boolean(error)} error={error} {...props} />
);

/** The server's remarks often leave out their subject, the field. */
const sentence = (detail: string) => {
  const whole = /^(is|has|holds|lies|mixes)\b/.test(detail) ? `It ${detail}` : detail;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
};

/** Two columns, so that all of the form is in sight at once; one where there is no room for two. */
const getStyles = (theme: GrafanaTheme2) => ({
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: theme.spacing(0, 4),
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
});
