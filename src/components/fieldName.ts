import { t } from '../i18n';
import { limitName, LIMITS, type LimitName } from './amounts';

/** A field of a key, a policy or an endpoint in words; one that is newer than this page appears as the server calls it. */
export function fieldName(field: string): string {
  const limit = limitOf(field);
  const names: Record<string, string> = {
    ...endpointFields(),
    'tenant.header': t('audit.field.tenant-header', 'header for the tenant'),
    'tenant.label': t('audit.field.tenant-label', 'label for the tenant'),
    'tenant.extraLabel': t('audit.field.tenant-extra', 'extra label for the tenant'),
    'onExpired.hold': t('audit.field.hold', 'expired keys are held for'),
    'onExpired.grace': t('audit.field.grace', 'expired keys are let in for'),
    defaultTtl: t('policy.default', 'Lifetime when none is chosen'),
    maxTtl: t('policy.max', 'Longest lifetime'),
    roles: t('policy.roles', 'Roles that keys may have'),
    name: t('audit.field.name', 'name'),
    description: t('audit.field.description', 'description'),
    owner: t('audit.field.owner', 'owner'),
    labels: t('audit.field.labels', 'labels'),
    role: t('audit.field.role', 'role'),
    pool: t('audit.field.pool', 'pool'),
    endpoints: t('audit.field.endpoints', 'endpoints'),
    allowedCidrs: t('audit.field.addresses', 'addresses'),
    tenants: t('audit.field.tenants', 'tenants'),
    limits: t('key.limits', 'Limits'),
    enabled: t('audit.field.enabled', 'enabled'),
    disabledUntil: t('audit.field.disabled-until', 'disabled until'),
    expiresAt: t('audit.field.expires', 'expires'),
  };
  return limit ? limitName(limit) : Object.hasOwn(names, field) ? names[field] : field;
}

/** The limit that a field is, of a key or of each key at an endpoint; undefined for another field. */
export const limitOf = (field: string): LimitName | undefined =>
  LIMITS.find((name) => field === `limits.${name}` || field === `limitPerKey.${name}`);

/** The fields of an endpoint as its form calls them. */
export const endpointFields = (): Record<string, string> => ({
  kind: t('endpoint-form.kind', 'Program behind it'),
  path: t('endpoint-form.path', 'Path'),
  require: t('endpoint-form.require', 'What a key must grant'),
  methods: t('endpoint-form.methods', 'By method'),
  upstream: t('endpoint-form.upstream', 'Passes requests on to'),
  tenant: t('endpoints.tenant', 'Tenant'),
  pool: t('key.pool', 'Pool'),
  onExpired: t('endpoint-form.ends', 'Keys that have expired'),
  limitPerKey: t('key.limits', 'Limits'),
  paths: t('endpoint-form.paths', 'Further paths'),
  query: t('endpoint-form.query', 'Query parameter that holds a key'),
  schemes: t('endpoint-form.schemes', 'Schemes of Authorization'),
  headers: t('endpoint-form.headers', 'Headers that hold a key'),
  preserveHost: t('endpoint-form.preserve-host', 'Pass the client’s Host on'),
});
