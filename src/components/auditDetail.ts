import type { AuditEntry } from '../api/types';
import { duration, exactTime } from '../format';
import { t } from '../i18n';
import { formatBytes } from './amounts';
import { stateName } from './Badges';
import { fieldName, limitOf } from './fieldName';

type Change = AuditEntry['changes'][number];

/** What exactly was done, in the user's language and time zone. Old entries also have a note, in English. */
export function auditDetail(entry: AuditEntry): string {
  const { origin, changes, tokenId, where, until, state, pool, endpoint, via, code, request } = entry;
  const { userAgent, count, file, trail } = entry;
  return [
    origin && t('audit.origin', 'from {{system}}, number {{number}}', { ...origin }),
    ...changes.map(changeText),
    tokenId && t('audit.token', 'token {{id}}', { id: tokenId }),
    where && t('audit.where', 'found at “{{where}}”', { where }),
    until && t('audit.until', 'its other tokens work until {{at}}', { at: exactTime(until) }),
    state && t('audit.was', 'state before: {{state}}', { state: stateName(state) }),
    pool && t('audit.pool', 'pool {{pool}}', { pool }),
    endpoint && t('audit.of-endpoint', 'endpoint {{endpoint}}', { endpoint }),
    via === 'key' && t('audit.via-key', 'with a key'),
    via === 'grafana' && t('audit.via-grafana', 'signed in to Grafana'),
    code,
    request && inQuotes(request),
    userAgent && t('audit.by', 'by “{{agent}}”', { agent: userAgent }),
    count && t('audit.again', '{{times}} more times', { times: count }),
    file && t('audit.file', 'file “{{file}}”', { file }),
    trail &&
      t('audit.entries', '{{entries}} entries, up to number {{last}}', { entries: trail.count, last: trail.last }),
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

/** What no value means: not every field is open without one. */
function noValue(field: string): string {
  if (field === 'expiresAt') {
    return t('audit.never', 'never');
  }
  if (field === 'allowedCidrs') {
    return t('audit.any-address', 'any address');
  }
  return field === 'endpoints' ? t('audit.all', 'all') : t('common.none', 'none');
}

/** Fields whose text the server has checked, so that it cannot be mistaken for the page's own. */
const PLAIN = ['role', 'pool', 'kind', 'require', 'defaultTtl', 'maxTtl'];

/** Text that people wrote is quoted, so that it cannot be mistaken for the page's own. */
function valueText(field: string, value: Change['from']): string {
  if (value === null || (field === 'owner' && value === '')) {
    return noValue(field);
  }
  if (typeof value === 'boolean') {
    return value ? t('audit.yes', 'yes') : t('audit.no', 'no');
  }
  if (Array.isArray(value)) {
    return value.map((entry) => (field === 'labels' ? inQuotes(entry) : entry)).join(', ');
  }
  if (typeof value === 'number') {
    if (field.startsWith('onExpired.')) {
      return duration(value);
    }
    return limitOf(field)?.startsWith('bytes') ? formatBytes(value) : String(value);
  }
  if (field.endsWith('At') || field.endsWith('Until')) {
    return exactTime(value);
  }
  return PLAIN.includes(field) ? value : inQuotes(value);
}

const inQuotes = (text: string) => t('quoted', '“{{text}}”', { text });

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
    adopt: t('audit.adopt', 'First use here'),
    createPool: t('audit.create-pool', 'Pool made'),
    deletePool: t('audit.delete-pool', 'Pool removed'),
    createEndpoint: t('audit.create-endpoint', 'Endpoint made'),
    updateEndpoint: t('audit.update-endpoint', 'Endpoint changed'),
    deleteEndpoint: t('audit.delete-endpoint', 'Endpoint removed'),
    updatePolicy: t('audit.update-policy', 'Policy changed'),
    signIn: t('audit.sign-in', 'Signed in'),
    refuse: t('audit.refuse', 'Refused'),
    readClients: t('audit.read-clients', 'Clients looked at'),
    exportAudit: t('audit.export-audit', 'Audit trail exported'),
    exportKeys: t('audit.export-keys', 'Keys exported'),
    backUp: t('audit.back-up', 'Store backed up'),
    copyStore: t('audit.copy-store', 'Store copied'),
    restore: t('audit.restore', 'Backup restored'),
    chainTrail: t('audit.chain-trail', 'Trail chained'),
    trimTrail: t('audit.trim-trail', 'Old entries removed'),
  };
  return names[action] ?? action;
}
