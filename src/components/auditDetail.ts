import type { AuditEntry } from '../api/types';
import { exactTime } from '../format';
import { t } from '../i18n';
import { stateName } from './Badges';

/*
 * The server writes the details of its audit trail in English. Those of a fixed form are told in the user's language,
 * with times in the user's zone; what was changed from what to what stays as it was written.
 */

const FORMS: Array<[RegExp, (...parts: string[]) => string]> = [
  [
    /^was (active|disabled|expired|revoked)$/,
    (state) => t('audit.was', 'state before: {{state}}', { state: stateName(state as never) }),
  ],
  [
    /^replaces (\w+), which works until (\S+)$/,
    (id, at) => t('audit.replaces', 'replaces {{id}}, which works until {{at}}', { id, at: exactTime(at) }),
  ],
  [
    /^replaced by (\w+); works until (\S+)$/,
    (id, at) => t('audit.replaced-by', 'replaced by {{id}}; works until {{at}}', { id, at: exactTime(at) }),
  ],
  [/^pool (.+)$/, (pool) => t('audit.pool', 'pool {{pool}}', { pool })],
  [
    /^role (\w+); expires (\S+)(?:; pool (.+?))?(?:; endpoints ([^;]+))?(?:; addresses ([^;]+))?$/,
    (role, at, pool, endpoints, addresses) =>
      [
        t('audit.role', 'role {{role}}', { role }),
        at === 'never'
          ? t('audit.never-expires', 'never expires')
          : t('audit.expires', 'expires {{at}}', { at: exactTime(at) }),
        pool && t('audit.pool', 'pool {{pool}}', { pool }),
        endpoints && t('audit.endpoints', 'endpoints {{endpoints}}', { endpoints }),
        addresses && t('audit.addresses', 'addresses {{addresses}}', { addresses }),
      ]
        .filter(Boolean)
        .join('; '),
  ],
];

/** The details of an entry in the user's language; undefined if they can only be told as the server wrote them. */
export function auditDetail({ detail }: Pick<AuditEntry, 'detail'>): string | undefined {
  for (const [form, tell] of FORMS) {
    const match = form.exec(detail);
    if (match) {
      return tell(...match.slice(1));
    }
  }
  return undefined;
}
