import type { Endpoint } from '../api/types';
import { t } from '../i18n';
import { permissionName } from './roles';

type Required = Endpoint['takes'][number];

/** All that requests can take, from the least to the most. */
const ORDER: readonly Required[] = ['none', 'ingest', 'read', 'write', 'manage'];

/** What requests can take, in words. */
export function requiredName(required: Required): string {
  switch (required) {
    case 'none':
      return t('key-form.open-to-all', 'open to all');
    case 'manage':
      return t('endpoints.manage', 'manage'); // not keys, but what is behind the endpoint
    default:
      return permissionName(required);
  }
}

/** What requests to an endpoint take, in words; several if that depends on the request. */
export function needs({ require, methods, takes }: Endpoint): string[] {
  const byMethod = Object.entries(methods);
  if (byMethod.length) {
    return byMethod.map(([method, required]) => `${method}: ${requiredName(required)}`);
  }
  return (require ? [require] : ORDER.filter((one) => takes.includes(one))).map(requiredName);
}

/** What requests to a path with a rule of its own take. */
export const ruleNeeds = ({ require, methods }: Pick<Endpoint['rules'][number], 'require' | 'methods'>): string =>
  [
    ...Object.entries(methods).map(([method, required]) => `${method}: ${requiredName(required)}`),
    ...(require ? [requiredName(require)] : []),
  ].join(', ');

/** The permission by which one gets least far, and yet somewhere. */
export function weakestPermission({ takes }: Endpoint): Required {
  return ORDER.find((one) => takes.includes(one)) ?? 'none';
}

/** How a tenant is named to the program behind an endpoint; empty if it has no tenants. */
export function tenantOf({ tenant }: Endpoint): string {
  const { header, label, extraLabel } = tenant ?? {};
  return (
    (header && t('endpoints.by-header', 'header {{name}}', { name: header })) ||
    (label && t('endpoints.by-label', 'label {{name}}', { name: label })) ||
    (extraLabel && t('endpoints.by-extra-label', 'extra label {{name}}', { name: extraLabel })) ||
    ''
  );
}

/** Where an endpoint lies, what it takes to open it, and whether it has tenants. */
export const describeEndpoint = (endpoint: Endpoint): string =>
  [
    endpoint.path,
    endpoint.kind,
    needs(endpoint).join(', '),
    endpoint.tenant && t('endpoints.with-tenants', 'takes a tenant'),
  ]
    .filter(Boolean)
    .join(' · ');
