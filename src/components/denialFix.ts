import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import type { Denial, Key, Policy, UpdateKey } from '../api/types';
import { exactTime } from '../format';
import { currentLanguage, t } from '../i18n';
import { codeName } from './codes';
import { checkAddresses } from './limits';

/** What a key lacked that a request was refused. */
export type Cause = 'address' | 'endpoint' | 'pool' | 'role' | 'tenant' | 'other';

/** What a key was not allowed; the server says it in a sentence. */
export function causeOf({ code, reason }: Pick<Denial, 'code' | 'reason'>): Cause {
  if (code !== 'forbidden') {
    return 'other';
  }
  const causes: Array<[Cause, RegExp]> = [
    ['address', /from the address|from certain addresses/],
    ['endpoint', /limited to (other|certain) endpoints/],
    ['pool', /agent pool/],
    ['tenant', /tenant/i],
    ['role', /role/],
  ];
  return causes.find(([, words]) => words.test(reason))?.[0] ?? 'other';
}

/** Why a request was refused, in one sentence or a few words. */
export interface Why {
  text: string;
  /** What the server says of it in English, where it says more than the text. */
  detail: string;
}

/** Why a request was refused; what to do about it says nextStep. */
export function whyRefused(denial: Denial): Why {
  const { code, reason, address, endpoint } = denial;
  const said = firstSentence(reason);
  const own = {
    address: address && t('refused.why-address', 'Its key may not be used from {{address}}', { address }),
    endpoint:
      endpoint && t('refused.why-endpoint', 'Its key is limited to other endpoints than {{endpoint}}', { endpoint }),
    pool: t('refused.why-pool', 'Its key is not of the endpoint’s pool'),
    tenant: '',
    role: '',
    other: SPEAKS_FOR_ITSELF.has(code) ? codeName(code) : '',
  }[causeOf(denial)];
  if (own) {
    return { text: own, detail: '' };
  }
  return said && currentLanguage() === DEFAULT_LANGUAGE
    ? { text: said, detail: '' }
    : { text: codeName(code), detail: said };
}

/** Codes whose names say all that their reasons say. */
const SPEAKS_FOR_ITSELF: ReadonlySet<string> = new Set([
  'missing_credentials',
  'invalid_token',
  'expired',
  'revoked',
  'disabled',
  'held',
  'grace',
  'rate_limited',
]);

/** The first sentence of a text, without its full stop; those after it tell the client what to do. */
const firstSentence = (text: string): string => /^.*?(?=\.(\s+[A-Z]|\s*$))/s.exec(text)?.[0] ?? text;

/** What somebody who manages keys can do about it, in a sentence. */
export function nextStep(denial: Denial): string {
  switch (causeOf(denial)) {
    case 'address':
      return t('refused.next.address', 'Allow this address if the client belongs there.');
    case 'endpoint':
      return t('refused.next.endpoint', 'Allow this endpoint if the key is meant for it, or use another key.');
    case 'pool':
      return t('refused.next.pool', 'Use a key of the endpoint’s own pool.');
    case 'tenant':
      return t('refused.next.tenant', 'Give the key its tenant, or have the client ask for one that the key has.');
    case 'role':
      return t('refused.next.role', 'Use a key with a role that grants it.');
    default:
      return NEXT[denial.code]?.() ?? '';
  }
}

const NEXT: Record<string, () => string> = {
  missing_credentials: () =>
    t('refused.next.missing', 'Give the client a key, as a bearer token or as the password of Basic authentication.'),
  invalid_token: () =>
    t('refused.next.unknown', 'Compare the whole token with the one that was given out. A deleted key is unknown too.'),
  expired: () => t('refused.next.expired', 'Extend the key, or rotate it and give the client the new token.'),
  revoked: () => t('refused.next.revoked', 'This is final. Give the client a new key, or stop it.'),
  disabled: () => t('refused.next.disabled', 'Enable the key if it is meant to work.'),
  limited: () => t('refused.next.limited', 'Raise the key’s limits, or let the client ask for less.'),
  rate_limited: () =>
    t(
      'refused.next.rate-limited',
      'Something at this address keeps trying wrong keys. Find it, then it is let in again.'
    ),
  held: () => t('refused.next.held', 'Its sender keeps the data for now. Extend the key before it gives up.'),
  grace: () => t('refused.next.grace', 'It is let in for a while longer only. Extend or rotate the key.'),
  no_endpoint: () => t('refused.next.no-endpoint', 'Compare the path with those of the endpoints.'),
  upstream_unavailable: () => t('refused.next.upstream', 'Look whether the program behind the endpoint runs.'),
  unavailable: () => t('refused.next.unavailable', 'Look at the state of the store in the settings.'),
};

/** An address that can be allowed; empty for what is none. */
const addressOf = (text: string) => (checkAddresses(text) ? '' : text);

/** A change to a key that lets such requests in. */
export interface Fix {
  /** What the button says. */
  text: string;
  /** The field that is changed, with its value before and after. */
  field: string;
  from: string;
  to: string;
  change: UpdateKey;
}

/** Whether a change to the key can help. */
export const isFixable = (denial: Denial): boolean =>
  denial.keyName !== '' &&
  fixName(denial) !== '' &&
  (causeOf(denial) !== 'address' || addressOf(denial.address) !== '');

/** What the change is called that would help; empty if there is none. */
export function fixName(denial: Denial): string {
  const { code, endpoint } = denial;
  switch (causeOf(denial)) {
    case 'address':
      return t('refused.fix.address', 'Allow this address');
    case 'endpoint':
      return endpoint && t('refused.fix.endpoint', 'Allow this endpoint');
    default:
      return (
        {
          disabled: t('refused.fix.enable', 'Enable the key'),
          expired: t('refused.fix.extend', 'Extend the key'),
          held: t('refused.fix.extend', 'Extend the key'),
          grace: t('refused.fix.extend', 'Extend the key'),
        }[code] ?? ''
      );
  }
}

/** The lifetime that a key is extended by where the policy has none, in seconds. */
const EXTEND_BY = 90 * 86400;

/** The change that would help, filled in; undefined if the key has it already. */
export function fixFor(denial: Denial, key: Key, policy: Policy, now = Date.now()): Fix | undefined {
  const text = fixName(denial);
  const cause = causeOf(denial);
  if (cause === 'address') {
    const address = addressOf(denial.address);
    if (!key.allowedCidrs.length || key.allowedCidrs.includes(address)) {
      return undefined;
    }
    const to = [...key.allowedCidrs, address];
    return {
      text,
      field: t('key.allowed-addresses', 'Allowed addresses'),
      from: key.allowedCidrs.join(', '),
      to: to.join(', '),
      change: { allowedCidrs: to },
    };
  }
  if (cause === 'endpoint') {
    if (!key.endpoints.length || key.endpoints.includes(denial.endpoint)) {
      return undefined;
    }
    const to = [...key.endpoints, denial.endpoint];
    return {
      text,
      field: t('key.endpoints', 'Endpoints'),
      from: key.endpoints.join(', '),
      to: to.join(', '),
      change: { endpoints: to },
    };
  }
  if (denial.code === 'disabled') {
    return key.state !== 'disabled'
      ? undefined
      : {
          text,
          field: t('key.state', 'State'),
          from: t('state.disabled', 'Disabled'),
          to: t('state.active', 'Active'),
          change: { enabled: true },
        };
  }
  if (!key.expiresAt || key.state !== 'expired') {
    return undefined;
  }
  const by = policy.defaultTtl || policy.maxTtl || EXTEND_BY;
  const expiresAt = new Date(Math.floor(now / 1000 + by) * 1000).toISOString().replace('.000Z', 'Z');
  return {
    text,
    field: t('key.expires', 'Expires'),
    from: exactTime(key.expiresAt),
    to: exactTime(expiresAt),
    change: { expiresAt },
  };
}
