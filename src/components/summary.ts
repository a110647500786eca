import { serverTime } from '../api/clock';
import type { Endpoint, Key } from '../api/types';
import { day, exactTime } from '../format';
import { currentLanguage, t } from '../i18n';
import { opened, type Reach } from './access';
import { LIMITS } from './amounts';
import type { KeyValues } from './KeyForm';
import { endOf, isNear } from './lifetime';
import { toList } from './limits';
import { isAnyTenant } from './tenants';

/** What the sentence is about. */
export type Summarized = Pick<
  KeyValues,
  'role' | 'pool' | 'endpoints' | 'allowedCidrs' | 'tenants' | 'limits' | 'lifetime'
>;

/**
 * What a key would be allowed to do, in a sentence such as “may push to loki as team-a, from 10.0.0.0/8, until
 * 26 Feb 2027”.
 * @param endpoints those of the gate, undefined while they are not known
 * @param present the end that the key has, if its lifetime is kept
 */
export function summarize(
  values: Summarized,
  endpoints: readonly Endpoint[] | undefined,
  present: string | null = null,
  now = serverTime()
): string {
  const parts = [
    what(values, endpoints),
    values.pool.trim() && t('summary.pool', 'in the pool {{pool}}', { pool: values.pool.trim() }),
    from(values),
    LIMITS.some((name) => values.limits[name].trim()) && t('summary.limited', 'within its limits'),
    until(values, present, now),
  ];
  return parts.filter(Boolean).join(', ') + '.';
}

/** Some names as a sentence has them: “loki, mimir and tempo”. */
const listed = (names: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction') =>
  new Intl.ListFormat(currentLanguage() === 'en-US' ? 'en-GB' : currentLanguage(), { type }).format(names);

function what(values: Summarized, endpoints: readonly Endpoint[] | undefined): string {
  const as = tenants(values, endpoints);
  const where = values.endpoints.length ? listed(values.endpoints) : t('summary.everywhere', 'every endpoint');
  const texts: Record<Summarized['role'], () => string> = {
    Admin: () => t('summary.admin', 'May manage keys, and do everything at {{where}}{{as}}', { where, as }),
    Editor: () => t('summary.editor', 'May read and write at {{where}}{{as}}', { where, as }),
    Viewer: () => t('summary.viewer', 'May read from {{where}}{{as}}', { where, as }),
    Agent: () => t('summary.agent', 'May push to {{where}}{{as}}', { where, as }),
  };
  return texts[values.role]();
}

/** As whom it acts; nothing where there are no tenants. */
function tenants(values: Summarized, endpoints: readonly Endpoint[] = []): string {
  if (isAnyTenant(values.tenants)) {
    return ' ' + t('summary.any-tenant', 'as any tenant');
  }
  if (values.tenants.length) {
    return ' ' + t('summary.tenants', 'as {{tenants}}', { tenants: listed(values.tenants, 'disjunction') });
  }
  return opened(values, endpoints).some(({ tenant }) => tenant) ? ' ' + t('summary.no-tenant', 'as no tenant') : '';
}

function from({ allowedCidrs }: Summarized): string {
  const addresses = toList(allowedCidrs);
  return addresses.length
    ? t('summary.from', 'from {{addresses}}', { addresses: listed(addresses, 'disjunction') })
    : t('summary.from-anywhere', 'from anywhere');
}

function until({ lifetime }: Summarized, present: string | null, now: number): string {
  const end = lifetime.kind === 'keep' ? (present ? new Date(present) : undefined) : endOf(lifetime, now);
  if (end) {
    // The last day of a choice of days is a whole one: it ends when the next begins.
    const last = lifetime.kind === 'date' ? new Date(end.getTime() - 1) : end;
    const at =
      lifetime.kind === 'date' ? day(last, 'UTC') : isNear(end, now) ? exactTime(end.toISOString()) : day(last);
    return t('summary.until', 'until {{at}}', { at });
  }
  return lifetime.kind === 'never' || lifetime.kind === 'keep' ? t('summary.for-ever', 'until it is revoked') : '';
}

/** Why a key with these values would be refused everywhere or somewhere; undefined if nothing speaks against it. */
export function objection(
  values: Reach & Pick<Key, 'tenants'>,
  endpoints: readonly Endpoint[] | undefined
): string | undefined {
  const there = values.endpoints.filter((name) => endpoints?.some((endpoint) => endpoint.name === name));
  const opens = opened(values, endpoints ?? []);
  const closed = there.filter((name) => !opens.some((endpoint) => endpoint.name === name));
  if (closed.length) {
    return t('summary.closed', 'The role {{role}} opens nothing at {{endpoints}}.', {
      role: values.role,
      endpoints: listed(closed),
    });
  }
  if (endpoints?.length && !values.endpoints.length && !opens.length) {
    return t('key.opens-none', 'It opens nothing at this gate.');
  }
  const tenanted = opens.filter(({ tenant }) => tenant).map(({ name }) => name);
  return tenanted.length && !values.tenants.length
    ? t('summary.refused-without', 'It needs a tenant at {{endpoints}}.', {
        endpoints: listed(tenanted, 'disjunction'),
      })
    : undefined;
}
