import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Field, Input, RadioButtonDot, TextArea, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState, type FormEvent, type ReactElement, type ReactNode } from 'react';
import { Controller, useForm, useWatch, type Control, type FieldPath, type UseFormReturn } from 'react-hook-form';
import { toApiError, type ApiError } from '../api/errors';
import type { FieldError, Key, Policy, Role } from '../api/types';
import { t } from '../i18n';
import { opened } from './access';
import { checkLimit, LIMITS, type TypedLimits } from './amounts';
import { useUnsaved } from './Dialog';
import { EndpointsField } from './EndpointsField';
import { FieldGroup } from './FieldGroup';
import { FormButtons } from './FormButtons';
import { checkLabels } from './labels';
import { LabelsField } from './LabelsField';
import { checkLifetime, type LifetimeChoice } from './lifetime';
import { LifetimeField } from './LifetimeField';
import { checkAddresses, checkEndpoints } from './limits';
import { LimitsFields } from './LimitsFields';
import { NotDone } from './NotDone';
import { OwnerField } from './OwnerField';
import { PoolField } from './PoolField';
import { Restored } from './Restored';
import { showFirstFault } from './showFirstFault';
import { roleGrants } from './roles';
import { sentence } from './sentence';
import type { Slot } from './SuggestField';
import { Summary } from './Summary';
import { TemplateButtons } from './TemplateButtons';
import { checkFits, templates, type Template } from './templates';
import { checkTenants } from './tenants';
import { TenantsField } from './TenantsField';
import { useDraft, useDraftName } from './useDraft';
import { useEndpoints, type Endpoints } from './useEndpoints';
import { useSeen } from './useSeen';

/** What the form holds. */
export interface KeyValues {
  name: string;
  description: string;
  owner: string;
  /** Each as name=value. */
  labels: string[];
  role: Role;
  pool: string;
  endpoints: string[];
  /** What was typed, with commas between. */
  allowedCidrs: string;
  tenants: string[];
  limits: TypedLimits;
  lifetime: LifetimeChoice;
}

interface Props {
  initial: KeyValues;
  policy: Policy;
  /** The key that is changed; without it, one is made. */
  present?: Key;
  /** What the values of a new one began as. */
  begin?: Template['id'];
  /** Takes the template that was chosen. */
  onChosen?: (template: Template) => void;
  submitText: string;
  /** Sends the values; what it rejects with is shown on the field that caused it. */
  onSubmit: (values: KeyValues) => Promise<void>;
  onCancel: () => void;
}

/** The form by which a key is made or changed. */
export const KeyForm = (props: Props) => {
  const { initial, policy, present, begin, onChosen, submitText, onSubmit, onCancel } = props;
  const styles = useStyles2(getStyles);
  const form = useForm<KeyValues>({ defaultValues: initial, shouldFocusError: false });
  const { register, control, handleSubmit, setError, formState } = form;
  const { errors, isSubmitting, isDirty, submitCount } = formState;
  const values = useWatch({ control }) as KeyValues;
  const [failure, setFailure] = useState<ApiError>();
  const fields = useRef<HTMLDivElement>(null);
  const draft = useDraft(useDraftName(present ? `edit.${present.id}` : 'create'), form);
  const seen = useSeen();
  const gate = useEndpoints();
  const { endpoints } = gate;
  const [waits, setWaits] = useState(false);
  const template = useRef(draft.restored ? undefined : begin);
  useUnsaved(isDirty && !isSubmitting, draft.forget);

  // The page reports all mistakes that it can see together; those that only the server knows come after.
  const checks: Record<string, (value: string) => string | undefined> = {
    name: (v) => (v.trim() ? undefined : t('key-form.name-missing', 'Give the key a name.')),
    allowedCidrs: checkAddresses,
  };
  const checkPlaces = (chosen: string[]) =>
    chosen.length ? checkEndpoints(chosen) : checkFits(template.current, policy, gate.endpoints ?? []);
  const over = present?.state === 'revoked';
  const needed = opened(values, endpoints ?? [])
    .filter(({ tenant }) => tenant)
    .map(({ name }) => name);

  const place = (error: ApiError) => {
    const fields = error.code === 'duplicate_name' ? [{ field: 'name', detail: error.message }] : error.fields;
    const unplaced = fields.filter((wrong) => {
      const name = placeOf(wrong);
      name && setError(name, { message: sentence(wrong) });
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
  // What the key would open is judged by the gate's endpoints: a form that was sent before they are known waits for them.
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (gate.pending) {
      setWaits(true);
      await gate.known();
      setWaits(false);
    }
    await submit();
  };
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

  const who = (
    <>
      <TextField name="name" label={t('key.name', 'Name')} error={errors.name?.message} required>
        <Input {...text('name')} maxLength={255} autoFocus autoComplete="off" placeholder="edge-agents" />
      </TextField>
      <TextField name="description" label={t('key.description', 'Description')} error={errors.description?.message}>
        <TextArea
          {...text('description')}
          rows={1}
          placeholder={t('key-form.description-example', 'What uses it, and whom to ask')}
        />
      </TextField>
      <Controlled control={control} name="owner">
        {(slot) => <OwnerField {...slot} suggestions={seen.owners} />}
      </Controlled>
      <Controlled control={control} name="labels" check={checkLabels}>
        {(slot) => <LabelsField {...slot} suggestions={seen.labels} />}
      </Controlled>
    </>
  );
  // A key keeps a role that the policy has no more for others.
  const roles = present && !policy.roles.includes(present.role) ? [present.role, ...policy.roles] : policy.roles;
  const role = (
    <Controlled control={control} name="role">
      {({ value, onChange, error }) => (
        <FieldGroup label={t('key.role', 'Role')} error={error}>
          <div className={styles.roles}>
            {roles.map((role) => (
              <RadioButtonDot
                key={role}
                id={`key-role-${role}`}
                name="role"
                label={role}
                description={roleGrants(role)}
                checked={role === value}
                onChange={() => onChange(role)}
              />
            ))}
          </div>
        </FieldGroup>
      )}
    </Controlled>
  );
  const lifetime = (
    <Controlled control={control} name="lifetime" check={(choice) => checkLifetime(choice, policy)}>
      {(slot) => <LifetimeField {...slot} policy={policy} present={present} />}
    </Controlled>
  );
  const pool = (
    <Controlled control={control} name="pool">
      {(slot) => <PoolField {...slot} />}
    </Controlled>
  );
  const where = (
    <>
      <Controlled control={control} name="endpoints" check={checkPlaces}>
        {(slot) => (
          <EndpointsField
            {...slot}
            endpoints={endpoints}
            open={opened({ ...values, endpoints: [] }, endpoints ?? [])}
          />
        )}
      </Controlled>
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
  const tenants = (
    <Controlled
      control={control}
      name="tenants"
      check={(chosen) =>
        checkTenants(chosen) ??
        // Who is led through the first steps would wait for a request that can only be refused.
        (begin && needed.length && !chosen.length
          ? t('key-form.tenant-missing', 'Name a tenant, such as team-a: without one, it is refused.')
          : undefined)
      }
    >
      {(slot) => <TenantsField {...slot} suggestions={seen.tenants} neededAt={needed} />}
    </Controlled>
  );
  const limits = (
    <LimitsFields
      description={t(
        'key-form.limits-help',
        'For all of its tokens together. Empty: the endpoint’s own, if it has any.'
      )}
      field={(name) => register(`limits.${name}`, { validate: (_, { limits }) => checkLimit(name, limits) ?? true })}
      error={(name) => errors.limits?.[name]?.message}
    />
  );

  return (
    <form onSubmit={send} noValidate>
      <div ref={fields}>
        {failure && <NotDone title={t('key-form.failed', 'The key was not saved')} error={failure} issued={!present} />}
        {draft.restored && <Restored onStartAfresh={draft.startAfresh} />}
        {!present && (
          <Beginnings
            form={form}
            policy={policy}
            gate={gate}
            begin={draft.restored ? undefined : begin}
            onChosen={(chosen) => {
              template.current = chosen.id;
              onChosen?.(chosen);
            }}
          />
        )}
        {over ? (
          who
        ) : (
          <div className={styles.columns}>
            <div>
              {who}
              {pool}
            </div>
            <div>
              {role}
              {lifetime}
              {tenants}
            </div>
            <div className={styles.rule}>{where}</div>
            <div className={styles.rule}>{limits}</div>
          </div>
        )}
      </div>
      <FormButtons
        submit={submitText}
        busy={isSubmitting || waits}
        summary={over ? undefined : <Summary values={values} endpoints={endpoints} present={present?.expiresAt} />}
        onCancel={() => {
          draft.forget();
          onCancel();
        }}
      />
    </form>
  );
};

interface BeginningsProps {
  form: UseFormReturn<KeyValues>;
  policy: Policy;
  gate: Endpoints;
  /** What the form began as. */
  begin?: Template['id'];
  onChosen?: (template: Template) => void;
}

/** What a new key can begin as. A description that was typed stays. */
const Beginnings = ({ form, policy, gate, begin, onChosen }: BeginningsProps) => {
  const [chosen, setChosen] = useState<Template>();
  const offered = templates(policy, gate.endpoints ?? []);
  const begun = offered.find(({ id }) => id === begin);
  const choose = (template: Template) => {
    const { description, ...values } = template.values;
    const typed = form.getValues('description');
    const set = { shouldDirty: true, shouldValidate: form.formState.isSubmitted };
    if (!typed.trim() || typed === chosen?.values.description || typed === begun?.values.description) {
      form.setValue('description', description, set);
    }
    form.setValue('role', values.role, set);
    gate.known().then((endpoints = []) => {
      const known = templates(policy, endpoints).find(({ id }) => id === template.id);
      // That none fits is said at once.
      form.setValue('endpoints', known?.values.endpoints ?? [], { ...set, shouldValidate: true });
    });
    form.setValue('lifetime', values.lifetime, set);
    setChosen(template);
    onChosen?.(template);
    form.setFocus('name');
  };
  return <TemplateButtons templates={offered} chosen={chosen?.id ?? begin} onChoose={choose} />;
};

interface ControlledProps<N extends keyof KeyValues> {
  control: Control<KeyValues>;
  name: N;
  /** Says what is wrong with the value. */
  check?: (value: KeyValues[N]) => string | undefined;
  children: (slot: Slot<KeyValues[N]>) => ReactElement;
}

/** A field that is no input of the browser's own. */
function Controlled<N extends keyof KeyValues>({ control, name, check, children }: ControlledProps<N>) {
  return (
    <Controller
      control={control}
      name={name as FieldPath<KeyValues>}
      rules={{ validate: (value) => check?.(value as KeyValues[N]) ?? true }}
      render={({ field: { value, onChange }, fieldState: { error } }) =>
        children({ value: value as KeyValues[N], onChange, error: error?.message })
      }
    />
  );
}

/** The field of the form that a field of the API is shown in. */
function placeOf({ field }: FieldError): FieldPath<KeyValues> | undefined {
  const [first, second] = field.split(/[.[\]/]+/);
  const limit = LIMITS.find((name) => first === 'limits' && name === second);
  return limit ? `limits.${limit}` : FIELDS[first];
}

const FIELDS: Record<string, FieldPath<KeyValues>> = {
  name: 'name',
  description: 'description',
  owner: 'owner',
  labels: 'labels',
  role: 'role',
  pool: 'pool',
  endpoints: 'endpoints',
  allowedCidrs: 'allowedCidrs',
  tenants: 'tenants',
  limits: `limits.${LIMITS[0]}`,
  expiresIn: 'lifetime',
  expiresAt: 'lifetime',
};

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

/** Two columns, so that all of the form is in sight at once; one where there is no room for two. */
const getStyles = (theme: GrafanaTheme2) => ({
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: theme.spacing(0, 4),
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  roles: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(190px, 1fr))',
    alignItems: 'start',
    gap: theme.spacing(0.5, 2),
    'label > div > div': { lineHeight: 1.3 },
  }),
  rule: css({ paddingTop: theme.spacing(2), borderTop: `1px solid ${theme.colors.border.weak}` }),
});
