import type { AuditEntry } from '../api/types';
import { exactTime } from '../format';
import { t } from '../i18n';
import { stateName } from './Badges';

type Change = AuditEntry['changes'][number];

/** What exactly was done, in the user's language and time zone. Old entries also have a note, in English. */
export function auditDetail(entry: AuditEntry): string {
  const { origin, changes, tokenId, where, until, state, pool } = entry;
  return [
    origin && t('audit.origin', 'from {{system}}, number {{number}}', { ...origin }),
    ...changes.map(changeText),
    tokenId && t('audit.token', 'token {{id}}', { id: tokenId }),
    where && t('audit.where', 'found at “{{where}}”', { where }),
    until && t('audit.until', 'its other tokens work until {{at}}', { at: exactTime(until) }),
    state && t('audit.was', 'state before: {{state}}', { state: stateName(state) }),
    pool && t('audit.pool', 'pool {{pool}}', { pool }),
  ]
    .filter(Boolean)
    .join('; ');
}

/** A new key's fields have no value before; an update has both values. */
function changeText({ field, from, to }: Change): string {
  const name = fieldName(field);
  return from === null && (to !== null || field === 'expiresAt')
    ? t('audit.set', '{{field}}: {{value}}', { field: name, value: valueText(field, to) })
    : t('audit.change', '{{field}}: {{from}} → {{to}}', {
        field: name,
        from: valueText(field, from),
        to: valueText(field, to),
      });
}

function fieldName(field: string): string {
  const names: Record<string, string> = {
    name: t('audit.field.name', 'name'),
    description: t('audit.field.description', 'description'),
    role: t('audit.field.role', 'role'),
    pool: t('audit.field.pool', 'pool'),
    endpoints: t('audit.field.endpoints', 'endpoints'),
    allowedCidrs: t('audit.field.addresses', 'addresses'),
    enabled: t('audit.field.enabled', 'enabled'),
    expiresAt: t('audit.field.expires', 'expires'),
  };
  return names[field] ?? field;
}

/** Text that people wrote is quoted, so that it cannot be mistaken for the page's own. */
function valueText(field: string, value: Change['from']): string {
  if (value === null) {
    return field.endsWith('At') ? t('audit.never', 'never') : t('audit.all', 'all');
  }
  if (typeof value === 'boolean') {
    return value ? t('audit.yes', 'yes') : t('audit.no', 'no');
  }
  if (Array.isArray(value)) {
    return value.join(', ');
  }
  if (field.endsWith('At')) {
    return exactTime(String(value));
  }
  return field === 'role' || field === 'pool' || typeof value === 'number' ? String(value) : `“${value}”`;
}

/** What was done, in words; an action that is newer than this page appears as the server calls it. */
export function actionName(action: string): string {
  const names: Record<string, string> = {
    create: t('audit.create', 'Created'),
    update: t('audit.update', 'Changed'),
    enable: t('audit.enable', 'Enabled'),
    disable: t('audit.disable', 'Disabled'),
    rotate: t('audit.rotate', 'Rotated'),
    endToken: t('audit.end-token', 'Token ended'),
    leak: t('audit.leak', 'Found in the open'),
    revoke: t('audit.revoke', 'Revoked'),
    delete: t('audit.delete', 'Deleted'),
    import: t('audit.import', 'Imported'),
    createPool: t('audit.create-pool', 'Pool made'),
    deletePool: t('audit.delete-pool', 'Pool removed'),
  };
  return names[action] ?? action;
}
