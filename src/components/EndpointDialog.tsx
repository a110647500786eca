import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Checkbox, Combobox, Field, Input, Modal, Stack, TextArea, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useMemo, useRef, useState, type ComponentProps, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { CheckedEndpoint, Endpoint, EndpointList, EndpointSpec, FieldError, RemovedEndpoint } from '../api/types';
import { t } from '../i18n';
import { checkLimit } from './amounts';
import { CancelButton } from './CancelButton';
import { CheckedChange } from './CheckedChange';
import { Dialog, useUnsaved } from './Dialog';
import { differing } from './differing';
import {
  checkDraft,
  draftAgain,
  draftOf,
  endpointField,
  fieldOf,
  newDraft,
  toSpec,
  USUAL_TENANT,
  withKind,
  type DraftErrors,
  type EndpointDraft,
  type Ends,
  type TenantWay,
} from './endpointDraft';
import { FieldGroup } from './FieldGroup';
import { LimitsFields } from './LimitsFields';
import { RadioRow } from './RadioRow';
import { Meanwhile } from './meanwhile';
import { requiredName } from './endpoint';
import { sentence } from './sentence';
import { showFirstFault } from './showFirstFault';
import { Suggest } from './Suggest';
import { SuggestField } from './SuggestField';
import { usePools } from './usePools';

interface Props extends Pick<EndpointList, 'endpoints' | 'kinds' | 'upstreams'> {
  /** The endpoint that is changed; without it, a new one is made. */
  target?: Endpoint;
  /** One that was removed, which is made again. */
  again?: RemovedEndpoint;
  onSaved: (endpoint: Endpoint) => void;
  onCancel: () => void;
}

/** Makes or changes an endpoint: what would come of it is shown first. */
export const EndpointDialog = (props: Props) => (
  <Dialog
    title={
      props.target
        ? t('endpoint-form.edit', 'Change {{name}}', { name: props.target.name })
        : t('endpoints.create', 'Add endpoint')
    }
    width={760}
    onDismiss={props.onCancel}
  >
    <EndpointForm {...props} />
  </Dialog>
);

const EndpointForm = ({ target, again, endpoints, kinds, upstreams, onSaved, onCancel }: Props) => {
  const styles = useStyles2(getStyles);
  const first = useMemo(
    () => (target?.spec ? { ...draftOf(target.spec), name: target.name } : again ? draftAgain(again) : newDraft()),
    [target, again]
  );
  const [draft, setDraft] = useState(first);
  const [errors, setErrors] = useState<DraftErrors>({});
  const [meanwhile] = useState(
    () =>
      target &&
      new Meanwhile<EndpointSpec>(
        toSpec(first, true),
        () => readSpec(target.name),
        endpointField,
        () =>
          t(
            'endpoint-form.gone',
            'Somebody else removed {{name}} while this form was open. Close it; below the list, {{name}} can be made again.',
            { name: target.name }
          )
      )
  );
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const [others, setOthers] = useState<string[]>([]);
  // What was checked; after any change it has to be checked again.
  const [checked, setChecked] = useState<CheckedEndpoint>();
  const [more, setMore] = useState(() => hasMore(first));
  const form = useRef<HTMLFormElement>(null);
  const [refused, setRefused] = useState(0); // how often; what is wrong may be out of sight
  useEffect(() => {
    if (refused) {
      showFirstFault(form.current);
    }
  }, [refused]);
  const pools = usePools();
  useUnsaved(
    draft !== first,
    useCallback(() => undefined, [])
  );

  const change = (values: Partial<EndpointDraft>) => {
    setDraft((last) => ({ ...last, ...values }));
    setErrors((last) => Object.fromEntries(Object.entries(last).filter(([name]) => !(name in values))));
    setChecked(undefined);
  };
  /** Shows what is wrong at the fields, and unfolds them; what is open stays open while it is corrected. */
  const placeErrors = (wrong: DraftErrors) => {
    setErrors(wrong);
    setMore((open) => open || MORE.some((name) => wrong[name]));
  };
  const showErrors = (fields: readonly FieldError[]) => {
    const placed = fields.map((one) => [fieldOf(one.field), sentence(one)] as const);
    placeErrors(Object.fromEntries(placed.filter(([name]) => name).reverse()));
    setOthers(placed.filter(([name]) => !name).map(([, detail]) => detail));
  };
  const send = async (act: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    setOthers([]);
    try {
      await act();
    } catch (reason) {
      const error = toApiError(reason);
      showErrors(error.fields);
      setChecked(undefined);
      setFailure(error.fields.some(({ field }) => fieldOf(field)) ? undefined : error);
      setRefused((times) => times + 1);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The server would take one of a name that is there for a change to it.
    const taken = target ? [] : endpoints.map(({ name }) => name);
    const wrong = checkDraft(draft, taken);
    placeErrors(wrong);
    if (Object.values(wrong).some(Boolean)) {
      setRefused((times) => times + 1);
      return;
    }
    if (busy) {
      return;
    }
    const whole = toSpec(draft, Boolean(target));
    // What did not change is not sent: it may be another's by now.
    const spec = target ? { ...differing(whole, toSpec(first, true)), name: target.name } : whole;
    if (!checked) {
      send(async () => {
        await meanwhile?.check(spec);
        const outcome = await api.checkEndpoint(spec);
        showErrors(outcome.errors);
        if (outcome.errors.length) {
          setChecked(undefined);
          setRefused((times) => times + 1);
        } else {
          setChecked(outcome);
        }
      });
      return;
    }
    const { name, ...values } = spec;
    send(async () => onSaved(target ? await api.updateEndpoint(name, values) : await api.createEndpoint(whole)));
  };

  /** The properties that connect a field of text with the draft. */
  const text = (name: TextField): ComponentProps<typeof Input> => ({
    id: `endpoint-${name}`,
    value: draft[name],
    autoComplete: 'off',
    'aria-invalid': Boolean(errors[name]),
    onChange: (e) => change({ [name]: e.currentTarget.value }),
  });
  const field = (name: TextField, label: string, description?: string) => ({
    htmlFor: `endpoint-${name}`,
    label,
    description,
    invalid: Boolean(errors[name]),
    error: errors[name],
  });
  const endsLabel =
    draft.ends === 'hold' ? t('endpoint-form.hold-for', 'Held for') : t('endpoint-form.for', 'Let in for');
  return (
    <form ref={form} onSubmit={submit} noValidate>
      {failure && (
        <Alert severity="error" title={t('endpoint-form.failed', 'The endpoint was not saved')}>
          {failure.message}
        </Alert>
      )}
      {others.length > 0 && (
        <Alert severity="error" title={t('endpoint-form.refused', 'The server would refuse this')}>
          {others.join(' ')}
        </Alert>
      )}
      <div className={styles.columns}>
        <Field
          htmlFor="endpoint-kind"
          label={t('endpoint-form.kind', 'Program behind it')}
          description={t('endpoint-form.kind-help', 'Its routes say what each of them takes.')}
        >
          <Combobox
            id="endpoint-kind"
            options={[
              { value: '', label: t('endpoint-form.other-kind', 'Another one') },
              ...kinds.map((value) => ({ value, label: value })),
            ]}
            value={draft.kind}
            onChange={({ value }) => change(target ? { kind: value } : withKind(draft, value, upstreams))}
          />
        </Field>
        <Field
          {...field('name', t('key.name', 'Name'), t('endpoint-form.name-help', 'What keys are limited to. It stays.'))}
        >
          <Input {...text('name')} disabled={Boolean(target)} placeholder="loki" />
        </Field>
        <Field
          {...field(
            'path',
            t('endpoint-form.path', 'Path'),
            t('endpoint-form.path-help', 'It and all below it, at the gate.')
          )}
        >
          <Input {...text('path')} placeholder="/loki" />
        </Field>
        <Field
          {...field(
            'upstream',
            t('endpoint-form.upstream', 'Passes requests on to'),
            upstreams.length
              ? t('endpoint-form.upstream-help', 'Within {{upstreams}}. Empty: answers at /auth only.', {
                  upstreams: upstreams.join(', '),
                })
              : t('endpoint-form.no-upstreams', 'The operator allows none (gate.upstreams): it answers at /auth only.')
          )}
        >
          <Input {...text('upstream')} placeholder="http://127.0.0.1:3100" />
        </Field>
        {!draft.kind && (
          <Field
            htmlFor="endpoint-require"
            label={t('endpoint-form.require', 'What a key must grant')}
            description={t('endpoint-form.require-help', 'Unless a method or a path says otherwise.')}
            invalid={Boolean(errors.require)}
            error={errors.require}
          >
            <Combobox
              id="endpoint-require"
              options={(['read', 'write', 'ingest', 'manage', 'none'] as const).map((value) => ({
                value: value as string,
                label: requiredName(value),
              }))}
              value={draft.require || 'read'}
              onChange={({ value }) => change({ require: value })}
            />
          </Field>
        )}
        <SuggestField
          id="endpoint-pool"
          label={t('key.pool', 'Pool')}
          description={t('endpoint-form.pool-help', 'Only keys of this pool open it. Empty: all.')}
          error={errors.pool}
        >
          <Suggest
            id="endpoint-pool"
            value={draft.pool}
            onChange={(pool) => change({ pool })}
            onPick={(pool) => change({ pool })}
            suggestions={(pools.data?.pools ?? []).map(({ name }) => ({ value: name }))}
            invalid={Boolean(errors.pool)}
          />
        </SuggestField>
      </div>
      <FieldGroup
        label={t('endpoints.tenant', 'Tenant')}
        description={t('endpoint-form.tenant-help', 'How the program behind it is told for whom a key acts.')}
        error={errors.tenantName}
      >
        <Stack direction="row" gap={1} wrap="wrap">
          <RadioRow<TenantWay>
            aria-label={t('endpoints.tenant', 'Tenant')}
            options={[
              { value: 'none', label: t('endpoint-form.tenant-none', 'Not at all') },
              { value: 'header', label: t('endpoint-form.tenant-header', 'Header') },
              { value: 'label', label: t('endpoint-form.tenant-label', 'Label of Prometheus') },
              { value: 'extraLabel', label: t('endpoint-form.tenant-extra', 'Label of VictoriaMetrics') },
            ]}
            value={draft.tenantWay}
            onChange={(tenantWay) => change({ tenantWay, tenantName: USUAL_TENANT[tenantWay] })}
          />
          {draft.tenantWay !== 'none' && (
            <Input
              {...text('tenantName')}
              width={24}
              aria-label={t('endpoint-form.tenant-name', 'Name of header or label')}
            />
          )}
        </Stack>
      </FieldGroup>
      <FieldGroup
        label={t('endpoint-form.ends', 'Keys that have expired')}
        description={t(
          'endpoint-form.ends-help',
          'For endpoints that take data. Revoked and disabled keys are always refused.'
        )}
        error={errors.endsFor}
      >
        <Stack direction="row" gap={1} wrap="wrap">
          <RadioRow<Ends>
            aria-label={t('endpoint-form.ends', 'Keys that have expired')}
            options={[
              { value: 'deny', label: t('endpoint-form.deny', 'Refused at once') },
              { value: 'hold', label: t('endpoint-form.hold', 'Told to keep their data') },
              { value: 'grace', label: t('endpoint-form.grace', 'Let in for a while') },
            ]}
            value={draft.ends}
            onChange={(ends) => change({ ends, endsFor: ends === 'deny' ? '' : draft.endsFor || '2h' })}
          />
          {draft.ends !== 'deny' && <Input {...text('endsFor')} width={12} aria-label={endsLabel} />}
        </Stack>
      </FieldGroup>
      <details className={styles.more} open={more} onToggle={(e) => setMore(e.currentTarget.open)}>
        <summary>{t('endpoint-form.more', 'Limits, further paths, other ways to send a key')}</summary>
        <LimitsFields
          description={t('endpoint-form.limits-help', 'For each key that has none of its own. Empty: no limit.')}
          field={(name) => ({
            value: draft.limits[name],
            onChange: (e) => change({ limits: { ...draft.limits, [name]: e.currentTarget.value } }),
          })}
          error={(name) => (errors.limits ? checkLimit(name, draft.limits) : undefined)}
        />
        {errors.limits && <Alert severity="error" title={errors.limits} />}
        {!draft.kind && (
          <Field
            {...field(
              'methods',
              t('endpoint-form.methods', 'By method'),
              t(
                'endpoint-form.methods-help',
                'Instead of one for all, such as GET: read, POST: write. Others are closed.'
              )
            )}
          >
            <Input {...text('methods')} placeholder="GET: read, POST: write" />
          </Field>
        )}
        <Field
          {...field(
            'paths',
            t('endpoint-form.paths', 'Further paths'),
            t('endpoint-form.paths-help', 'One a line, each with what it takes if that differs: /ready none')
          )}
        >
          <TextArea
            id="endpoint-paths"
            rows={3}
            value={draft.paths}
            aria-invalid={Boolean(errors.paths)}
            onChange={(e) => change({ paths: e.currentTarget.value })}
          />
        </Field>
        <div className={styles.columns}>
          <Field
            {...field(
              'headers',
              t('endpoint-form.headers', 'Headers that hold a key'),
              t('endpoint-form.headers-help', 'Besides those of the gate.')
            )}
          >
            <Input {...text('headers')} placeholder="X-Agent-Key" />
          </Field>
          <Field
            {...field(
              'schemes',
              t('endpoint-form.schemes', 'Schemes of Authorization'),
              t('endpoint-form.schemes-help', 'Besides Bearer and Basic.')
            )}
          >
            <Input {...text('schemes')} />
          </Field>
          <Field
            {...field(
              'query',
              t('endpoint-form.query', 'Query parameter that holds a key'),
              t('endpoint-form.query-help', 'Addresses end up in logs: only if nothing else works.')
            )}
          >
            <Input {...text('query')} />
          </Field>
        </div>
        <Checkbox
          id="endpoint-preserve-host"
          label={t('endpoint-form.preserve-host', 'Pass the client’s Host on')}
          value={draft.preserveHost}
          onChange={(e) => change({ preserveHost: e.currentTarget.checked })}
        />
      </details>
      {checked && (
        <CheckedChange
          outcome={checked}
          isNew={!target}
          onNameTenant={() => change({ tenantWay: 'header', tenantName: USUAL_TENANT.header })}
        />
      )}
      <Modal.ButtonRow>
        <Stack gap={2}>
          <CancelButton onCancel={onCancel} />
          <Button
            type="submit"
            variant={checked?.affected.length ? 'destructive' : 'primary'}
            disabled={busy}
            icon={busy ? 'spinner' : undefined}
          >
            {!checked
              ? t('endpoint-form.check', 'Check')
              : target
                ? t('endpoint-form.save', 'Save changes')
                : t('endpoints.create', 'Add endpoint')}
          </Button>
        </Stack>
      </Modal.ButtonRow>
    </form>
  );
};

/** The fields of one line of text. */
type TextField = {
  [Name in keyof EndpointDraft]: EndpointDraft[Name] extends string ? Name : never;
}[keyof EndpointDraft];

/** The fields that are folded away. */
const MORE = ['limits', 'methods', 'paths', 'headers', 'schemes', 'query'] as const;

/** An endpoint of the store as it is now; undefined if it is gone. */
async function readSpec(name: string) {
  const { endpoints } = await api.endpoints();
  const spec = endpoints.find((one) => one.name === name && one.source === 'store')?.spec;
  return spec ? toSpec({ ...draftOf(spec), name }, true) : undefined;
}

const hasMore = ({ limits, preserveHost, ...draft }: EndpointDraft): boolean =>
  preserveHost || Object.values(limits).some(Boolean) || MORE.some((name) => name !== 'limits' && Boolean(draft[name]));

const getStyles = (theme: GrafanaTheme2) => ({
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(260px, 100%), 1fr))',
    columnGap: theme.spacing(2),
    alignItems: 'start',
  }),
  more: css({
    marginBottom: theme.spacing(2),
    summary: { cursor: 'pointer', padding: theme.spacing(0.5, 0), fontWeight: theme.typography.fontWeightMedium },
    '&[open] > summary': { marginBottom: theme.spacing(1.5) },
    // Everything inherits it, and Chromium's box around what is folded away has it from nowhere.
    '> *': { boxSizing: 'border-box' },
  }),
});
