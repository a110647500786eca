import type { Permission, Role } from '../api/types';
import { t } from '../i18n';

/** One line on what a role grants. */
export function roleGrants(role: Role): string {
  return {
    Admin: t('role.admin', 'Everything: manage keys, write, read and send data'),
    Editor: t('role.editor', 'Read and write, but no keys'),
    Viewer: t('role.viewer', 'Read only'),
    Agent: t('role.agent', 'Send data, and nothing else; for agents and collectors'),
  }[role];
}

/** What a permission lets someone do. */
export function permissionName(permission: Permission): string {
  return {
    manage: t('permission.manage', 'manage keys'),
    write: t('permission.write', 'write'),
    read: t('permission.read', 'read'),
    ingest: t('permission.ingest', 'send data'),
  }[permission];
}
