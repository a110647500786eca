import { t } from '../i18n';

/** Stands for any tenant, alone in a key's list. */
export const ANY_TENANT = '*';

/** Whether a key may act for any tenant. */
export const isAnyTenant = (tenants: readonly string[]): boolean => tenants.includes(ANY_TENANT);

/** What is wrong with tenants, undefined if nothing is; they are named as Mimir takes them. */
export function checkTenants(tenants: readonly string[]): string | undefined {
  if (isAnyTenant(tenants)) {
    return undefined;
  }
  const value = tenants.find((tenant) => !/^[A-Za-z0-9!_.*'()-]{1,150}$/.test(tenant) || RESERVED.includes(tenant));
  return value && t('tenants.wrong', '“{{value}}” is no name of a tenant, such as team-a.', { value });
}

const RESERVED = ['.', '..', '__mimir_cluster'];
