import type { EndpointSpec, RemovedEndpoint } from '../api/types';
import { t } from '../i18n';
import { formatTtl } from '../ttl';
import { checkLimit, LIMITS, toLimits, typeLimits, type TypedLimits } from './amounts';
import { endpointFields } from './fieldName';
import { toList } from './limits';

/*
 * An endpoint as it is typed. The server has the last word; what is checked here is only what cannot be sent.
 */

export type TenantWay = 'none' | 'header' | 'label' | 'extraLabel';
export type Ends = 'deny' | 'hold' | 'grace';

/** What is typed into the form. */
export interface EndpointDraft {
  name: string;
  /** The program behind it; empty if the rules are said here. */
  kind: string;
  path: string;
  require: string;
  upstream: string;
  tenantWay: TenantWay;
  tenantName: string;
  pool: string;
  ends: Ends;
  /** A time, such as 2h. */
  endsFor: string;
  limits: TypedLimits;
  /** Such as `GET: read, POST: write`. */
  methods: string;
  /** Further paths, one a line, each with what it takes. */
  paths: string;
  query: string;
  schemes: string;
  headers: string;
  preserveHost: boolean;
}

/** The name of a field of the draft, or of the API. */
export type DraftErrors = Partial<Record<keyof EndpointDraft, string>>;

/** A form in which nothing is typed yet. */
export const newDraft = (): EndpointDraft => ({
  name: '',
  kind: '',
  path: '',
  require: 'read',
  upstream: '',
  tenantWay: 'none',
  tenantName: '',
  pool: '',
  ends: 'deny',
  endsFor: '',
  limits: typeLimits({}),
  methods: '',
  paths: '',
  query: '',
  schemes: '',
  headers: '',
  preserveHost: false,
});

/** An endpoint as it would be typed. */
export function draftOf(spec: EndpointSpec): EndpointDraft {
  const { tenant, onExpired } = spec;
  const way = tenant?.header ? 'header' : tenant?.label ? 'label' : tenant?.extraLabel ? 'extraLabel' : 'none';
  const ends = typeof onExpired === 'object' && onExpired ? onExpired : {};
  return {
    ...newDraft(),
    name: spec.name ?? '',
    kind: spec.kind ?? '',
    path: spec.path ?? '',
    require: spec.require ?? '',
    upstream: spec.upstream ?? '',
    tenantWay: way,
    tenantName: tenant?.header ?? tenant?.label ?? tenant?.extraLabel ?? '',
    pool: spec.pool ?? '',
    ends: ends.hold ? 'hold' : ends.grace ? 'grace' : 'deny',
    endsFor: timeText(ends.hold ?? ends.grace ?? ''),
    limits: typeLimits(spec.limitPerKey ?? {}),
    methods: methodsText(spec.methods),
    paths: (spec.paths ?? []).map(pathText).join('\n'),
    query: spec.query ?? '',
    schemes: (spec.schemes ?? []).join(', '),
    headers: (spec.headers ?? []).join(', '),
    preserveHost: spec.preserveHost ?? false,
  };
}

/** An endpoint that was removed, as far as is known what it was. */
export const draftAgain = ({ name, spec }: RemovedEndpoint): EndpointDraft => ({
  ...(spec ? draftOf(spec) : newDraft()),
  name,
});

const timeText = (time: string | number) => (typeof time === 'number' ? formatTtl(time) : time);

type PathSpec = NonNullable<EndpointSpec['paths']>[number];
type Methods = Record<string, string>;

const methodsText = (methods: Methods | null | undefined) =>
  Object.entries(methods ?? {})
    .map(([method, takes]) => `${method}: ${takes}`)
    .join(', ');

const pathText = (path: PathSpec) =>
  typeof path === 'string' ? path : [path.path, path.require, methodsText(path.methods)].filter(Boolean).join(' ');

/**
 * What one has to know of a draft before it is sent.
 * @param taken the names that it cannot have
 */
export function checkDraft(draft: EndpointDraft, taken: readonly string[] = []): DraftErrors {
  const errors: DraftErrors = {};
  if (!draft.name.trim()) {
    errors.name = t('endpoint-form.needs-name', 'Give it a name.');
  }
  if (taken.includes(draft.name.trim())) {
    errors.name = t(
      'endpoint-form.name-taken',
      'There is an endpoint of this name: choose another, or change that one.'
    );
  }
  if (draft.tenantWay !== 'none' && !draft.tenantName.trim()) {
    errors.tenantName = t('endpoint-form.needs-tenant', 'Say what it is called, such as X-Scope-OrgID.');
  }
  if (draft.ends !== 'deny' && !draft.endsFor.trim()) {
    errors.endsFor = t('endpoint-form.needs-time', 'Say for how long, such as 2h.');
  }
  if (LIMITS.some((name) => checkLimit(name, draft.limits))) {
    errors.limits = t('endpoint-form.limits-wrong', 'Correct the limits.');
  }
  if (draft.methods.trim() && !parseMethods(draft.methods)) {
    errors.methods = t('endpoint-form.methods-wrong', 'Write it like GET: read, POST: write, each method once.');
  }
  const wrong = lines(draft.paths).find((line) => !parsePath(line));
  if (wrong) {
    errors.paths = t(
      'endpoint-form.path-wrong',
      '“{{line}}” is not like /ready none, or /api GET: read, POST: write, with each method once.',
      {
        line: wrong,
      }
    );
  }
  return errors;
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** What each method takes; undefined for what cannot be read, and for a method that is said twice. */
function parseMethods(text: string): Methods | undefined {
  const parts = text.split(',').map((part) => /^\s*([A-Za-z]+)\s*[:=\s]\s*([a-z]+)\s*$/.exec(part));
  if (!parts.every(Boolean)) {
    return undefined;
  }
  const methods = Object.fromEntries(parts.map((part) => [part![1].toUpperCase(), part![2]]));
  return Object.keys(methods).length === parts.length ? methods : undefined;
}

function parsePath(line: string): PathSpec | undefined {
  const [path, ...rest] = line.split(/\s+/);
  const takes = rest.join(' ');
  if (!path.startsWith('/')) {
    return undefined;
  }
  if (!takes) {
    return path;
  }
  if (/^[a-z]+$/.test(takes)) {
    return { path, require: takes };
  }
  const methods = parseMethods(takes);
  return methods && { path, methods };
}

/**
 * A draft as the API takes it.
 * @param change whether it is a change: then what is empty is sent too, as null, so that it is taken out
 */
export function toSpec(draft: EndpointDraft, change: boolean): EndpointSpec & { name: string } {
  const limits = toLimits(draft.limits);
  const methods = draft.kind ? undefined : draft.methods.trim() && parseMethods(draft.methods);
  const all: EndpointSpec = {
    kind: draft.kind,
    path: draft.path.trim(),
    require: draft.kind || methods ? '' : draft.require,
    methods: methods || undefined,
    upstream: draft.upstream.trim(),
    tenant: draft.tenantWay === 'none' ? undefined : { [draft.tenantWay]: draft.tenantName.trim() },
    pool: draft.pool.trim(),
    onExpired: draft.ends === 'deny' ? undefined : { [draft.ends]: draft.endsFor.trim() },
    limitPerKey: Object.values(limits).some(Boolean)
      ? Object.fromEntries(Object.entries(limits).filter(([, n]) => n))
      : undefined,
    paths: lines(draft.paths).map((line) => parsePath(line)!),
    query: draft.query.trim(),
    schemes: toList(draft.schemes),
    headers: toList(draft.headers),
    preserveHost: draft.preserveHost || undefined,
  };
  const isSaid = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  const said = Object.entries(all).flatMap(([name, value]) =>
    isSaid(value) ? [[name, value]] : change ? [[name, null]] : []
  );
  return { name: draft.name.trim(), ...Object.fromEntries(said) };
}

/** The field of the form that a field of the API is, such as `limitPerKey.burst`. */
export function fieldOf(name: string): keyof EndpointDraft | undefined {
  const [first] = name.split(/[.[]/);
  const fields: Record<string, keyof EndpointDraft> = {
    tenant: 'tenantName',
    onExpired: 'endsFor',
    on_expired: 'endsFor',
    limitPerKey: 'limits',
    limit_per_key: 'limits',
    preserve_host: 'preserveHost',
  };
  const own = Object.hasOwn(newDraft(), first) ? (first as keyof EndpointDraft) : undefined;
  return Object.hasOwn(fields, first) ? fields[first] : own;
}

/** A field of the API as the form calls it. */
export const endpointField = (name: keyof EndpointSpec): string => endpointFields()[name] ?? name;

/** What programs of a kind usually have, as far as nothing is typed yet; `allowed` is what may stand behind endpoints. */
export function withKind(draft: EndpointDraft, kind: string, allowed: string[]): EndpointDraft {
  const wasPreset = (value: string, of: string) => !value || value === of;
  return {
    ...draft,
    kind,
    name: wasPreset(draft.name, draft.kind) ? kind : draft.name,
    // Its routes say where it is; a path of its own would stand in front of them.
    path: wasPreset(draft.path, '/') ? (kind ? '/' : '') : draft.path,
    upstream: wasPreset(draft.upstream, placeOf(draft.kind, allowed)) ? placeOf(kind, allowed) : draft.upstream,
    require: draft.require || 'read',
  };
}

/** Where a program of a kind is: the only place that is allowed, or where such programs listen by default. */
function placeOf(kind: string, allowed: string[]): string {
  const only = allowed.length === 1 && /^[^/]+:\d+$/.test(allowed[0]) ? `http://${allowed[0]}` : undefined;
  return kind && (only ?? USUAL[kind] ?? '');
}

/** Where programs listen by default. */
const USUAL: Record<string, string> = {
  alertmanager: 'http://127.0.0.1:9093',
  cortex: 'http://127.0.0.1:9009',
  loki: 'http://127.0.0.1:3100',
  mimir: 'http://127.0.0.1:9009',
  prometheus: 'http://127.0.0.1:9090',
  pyroscope: 'http://127.0.0.1:4040',
  tempo: 'http://127.0.0.1:3200',
  victoriametrics: 'http://127.0.0.1:8428',
};

/** How tenants are usually called in a way. */
export const USUAL_TENANT: Record<TenantWay, string> = {
  none: '',
  header: 'X-Scope-OrgID',
  label: 'tenant',
  extraLabel: 'tenant',
};
