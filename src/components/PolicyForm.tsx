import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Checkbox, Field, Input, Stack, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toApiError, type ApiError } from '../api/errors';
import { ROLES, type PolicySettings } from '../api/types';
import { t } from '../i18n';
import { parseTtl } from '../ttl';
import { roleGrants } from './roles';
import { FieldGroup } from './FieldGroup';

interface Props {
  settings: PolicySettings;
  /** The fields that can be changed here; all unless given. */
  editable?: ReadonlyArray<keyof PolicySettings>;
  onSave: (settings: PolicySettings) => Promise<void>;
}

/** The policy of an organization; checked here as the server does it. */
export const PolicyForm = ({ settings, editable, onSave }: Props) => {
  const { register, control, handleSubmit, reset, setError, formState } = useForm<PolicySettings>({
    // What others change shows, but for what is being changed here.
    values: settings,
    resetOptions: { keepDirtyValues: true },
  });
  const { errors, isSubmitting, isDirty } = formState;
  const styles = useStyles2(getStyles);
  const [failure, setFailure] = useState<ApiError>();
  const [saved, setSaved] = useState(false);

  const fixed = (name: keyof PolicySettings) => editable !== undefined && !editable.includes(name);

  const save = handleSubmit(async (values) => {
    setFailure(undefined);
    setSaved(false);
    try {
      await onSave(values);
      reset(values);
      setSaved(true);
    } catch (reason) {
      const error = toApiError(reason);
      error.fields.forEach(({ field, detail }) => isField(field) && setError(field, { message: detail }));
      setFailure(error.fields.some(({ field }) => isField(field)) ? undefined : error);
    }
  });

  return (
    <form onSubmit={save} noValidate>
      {failure && (
        <Alert severity="error" title={t('policy.failed', 'The policy was not saved')}>
          {failure.message}
        </Alert>
      )}
      <Field
        htmlFor="policy-default"
        label={t('policy.default', 'Lifetime when none is chosen')}
        description={t('policy.form', 'Seconds, or a number with a unit such as 90d or 12h, or never.')}
        invalid={Boolean(errors.defaultTtl)}
        error={errors.defaultTtl?.message}
      >
        <Input
          id="policy-default"
          width={20}
          placeholder="90d"
          readOnly={fixed('defaultTtl')}
          className={fixed('defaultTtl') ? styles.fixed : undefined}
          aria-invalid={Boolean(errors.defaultTtl)}
          {...register('defaultTtl', {
            validate: (text, all) => checkTtl(text) ?? checkDefault(text, all.maxTtl) ?? true,
          })}
        />
      </Field>
      <Field
        htmlFor="policy-max"
        label={t('policy.max', 'Longest lifetime')}
        description={t('policy.max-help', 'Keys that exist keep theirs. 0: no limit.')}
        invalid={Boolean(errors.maxTtl)}
        error={errors.maxTtl?.message}
      >
        <Input
          id="policy-max"
          width={20}
          placeholder="0"
          readOnly={fixed('maxTtl')}
          className={fixed('maxTtl') ? styles.fixed : undefined}
          aria-invalid={Boolean(errors.maxTtl)}
          {...register('maxTtl', { deps: 'defaultTtl', validate: (text) => checkTtl(text) ?? true })}
        />
      </Field>
      <Controller
        control={control}
        name="roles"
        rules={{ validate: (roles) => roles.length > 0 || t('policy.no-role', 'Choose at least one role.') }}
        render={({ field: { value, onChange } }) => (
          <FieldGroup label={t('policy.roles', 'Roles that keys may have')} error={errors.roles?.message}>
            {/* At their start: a box that is stretched puts its label far away from itself. */}
            <Stack direction="column" gap={1} alignItems="flex-start" id="policy-roles">
              {ROLES.map((role) => (
                <Checkbox
                  key={role}
                  id={`policy-role-${role}`}
                  label={role}
                  description={roleGrants(role)}
                  value={value.includes(role)}
                  disabled={fixed('roles')}
                  onChange={() => onChange(ROLES.filter((r) => (r === role ? !value.includes(r) : value.includes(r))))}
                />
              ))}
            </Stack>
          </FieldGroup>
        )}
      />
      <Stack direction="row" gap={2} alignItems="center">
        <Button type="submit" disabled={isSubmitting || !isDirty}>
          {t('policy.save', 'Save policy')}
        </Button>
        <span role="status">{saved && !isDirty && t('policy.saved', 'Saved.')}</span>
      </Stack>
    </form>
  );
};

function checkTtl(text: string): string | undefined {
  // An empty field would mean never, or no limit: who wants that says so.
  return !text.trim() || parseTtl(text) === undefined
    ? t('policy.not-ttl', 'Write seconds, or a number with a unit such as 90d or 12h, or never.')
    : undefined;
}

function checkDefault(text: string, max: string): string | undefined {
  const ttl = parseTtl(text) ?? 0;
  const most = parseTtl(max) ?? 0;
  return most > 0 && (ttl === 0 || ttl > most)
    ? t('policy.default-too-long', 'This is longer than the longest lifetime, {{max}}.', { max })
    : undefined;
}

const isField = (name: string): name is keyof PolicySettings => ['defaultTtl', 'maxTtl', 'roles'].includes(name);

const getStyles = (theme: GrafanaTheme2) => ({
  fixed: css({ input: { color: theme.colors.text.disabled, cursor: 'not-allowed' } }),
});
