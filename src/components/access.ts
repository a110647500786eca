import type { Endpoint, Key, Permission, Role } from '../api/types';

/** What each role grants, as the server decides it. */
const GRANTS: Record<Role, readonly Permission[]> = {
  Admin: ['manage', 'write', 'read', 'ingest'],
  Editor: ['write', 'read'],
  Viewer: ['read'],
  Agent: ['ingest'],
};

/** The permissions that an endpoint takes and the role grants. */
export const granted = (role: Role, { require, takes }: Endpoint) =>
  (require ? [require] : takes).filter((one) => one === 'none' || GRANTS[role].includes(one));

/** What decides which endpoints a key opens. */
export type Reach = Pick<Key, 'role' | 'pool' | 'endpoints'>;

/** The endpoints that a key opens: those that it is limited to, and of a permission that its role grants. */
export const opened = (key: Reach, endpoints: readonly Endpoint[]): Endpoint[] =>
  endpoints.filter(
    (endpoint) =>
      (!key.endpoints.length || key.endpoints.includes(endpoint.name)) &&
      (!endpoint.pool || endpoint.pool === key.pool) &&
      granted(key.role, endpoint).length > 0
  );

/** Whether a key is refused at an endpoint that it opens, because it acts for no tenant. */
export const lacksTenant = ({ tenants }: Pick<Key, 'tenants'>, { tenant }: Endpoint): boolean =>
  Boolean(tenant) && tenants.length === 0;

/** Whether a role sends data to an endpoint. */
export const isFed = (role: Role, endpoint: Endpoint): boolean => granted(role, endpoint).includes('ingest');

/** Whether a role reads at an endpoint. */
export const isRead = (role: Role, endpoint: Endpoint): boolean => granted(role, endpoint).includes('read');

/** Whether requests with a method take a permission, at every path of an endpoint. */
export const takesBy = ({ require, methods }: Endpoint, permission: Permission, method: string): boolean =>
  require === permission || methods[method] === permission;
