import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import { serverTime } from '../api/clock';
import type { Denial, Key, Policy, UpdateKey } from '../api/types';
import { exactTime } from '../format';
import { currentLanguage, t } from '../i18n';
import { known } from '../said';
import { codeName } from './codes';
import { checkAddresses } from './limits';

/**
 * Why a request was not allowed: what its key lacks, or what no other key would change. The server says it in
 * sentences, which begin so; the desktop knows them too, and both are held to desktop/state/testdata/causes.json.
 */
const CAUSES = {
  address: /^The API key may (not|only) be used from /,
  endpoint: /^The API key is limited to (other|certain) endpoints/,
  pool: /^The endpoint takes only keys of its own agent pool/,
  tenant: /^The API key (has no tenant|is not for the tenant)/,
  role: /^The API key has the role |^Managing keys takes the role /,
  issued: /^This endpoint acts for the tenants of a key, and what was sent is no key/,
  confined:
    /^\S+( \S+)? cannot be confined to a tenant|^(\S+ is|The path sets the label .*, which is) for the gate to say/,
  'other-endpoint': /^This path (writes|reads), and the endpoint takes keys/,
  'through-gate': /^The endpoint \S+ confines requests to a tenant as they pass/,
  'not-in-force': /^The endpoint (\S+ )?is not in force/,
  'no-endpoint': /^No endpoint of the gate takes /,
};

export type Cause = keyof typeof CAUSES | 'other';

/** Why a request was not allowed. */
export function causeOf({ code, reason }: Pick<Denial, 'code' | 'reason'>): Cause {
  const causes = Object.keys(CAUSES) as Array<keyof typeof CAUSES>;
  return (code === 'forbidden' && causes.find((cause) => CAUSES[cause].test(reason))) || 'other';
}

/** Why a request was refused, in one sentence or a few words. */
export interface Why {
  text: string;
  /** What the server says of it in English, where it says more than the text and the catalogue does not have it. */
  detail: string;
}

/** Why a request was refused; what to do about it says nextStep. */
export function whyRefused(denial: Denial): Why {
  const { code, reason, address, endpoint } = denial;
  const own: Partial<Record<Cause, string>> = {
    address: address && t('refused.why-address', 'Its key may not be used from {{address}}', { address }),
    endpoint:
      endpoint && t('refused.why-endpoint', 'Its key is limited to other endpoints than {{endpoint}}', { endpoint }),
    pool: t('refused.why-pool', 'Its key is not of the endpoint’s pool'),
    other: SPEAKS_FOR_ITSELF.has(code) ? codeName(code) : '',
  };
  const text = own[causeOf(denial)];
  if (text) {
    return { text, detail: '' };
  }
  const said = currentLanguage() === DEFAULT_LANGUAGE ? reason : known(reason);
  return said ? { text: firstSentence(said), detail: '' } : { text: codeName(code), detail: firstSentence(reason) };
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
export const nextStep = (denial: Denial): string => NEXT[denial.code]?.() ?? NEXT_OF[causeOf(denial)]?.() ?? '';

const NEXT_OF: Partial<Record<Cause, () => string>> = {
  address: () => t('refused.next.address', 'Allow this address if the client belongs there.'),
  endpoint: () => t('refused.next.endpoint', 'Allow this endpoint if the key is meant for it, or use another key.'),
  pool: () => t('refused.next.pool', 'Use a key of the endpoint’s own pool.'),
  tenant: () => t('refused.next.tenant', 'Give the key its tenant, or have the client ask for one that the key has.'),
  role: () => t('refused.next.role', 'Use a key with a role that grants it.'),
  issued: () => t('refused.next.issued', 'Give the client a key that was made here, with its tenant.'),
  confined: () =>
    t(
      'refused.next.confined',
      'Change what the client asks for. Whatever the key, only what can be kept to a tenant is passed on.'
    ),
  'other-endpoint': () =>
    t('refused.next.other-endpoint', 'Have the client use another endpoint: this one is not for reading and writing.'),
  'through-gate': () =>
    t('refused.next.through-gate', 'Have the proxy pass the request on to the gate; to ask it is not enough here.'),
  'not-in-force': () => t('refused.next.not-in-force', 'Look at the list of endpoints, which says why.'),
  'no-endpoint': () => noEndpoint(),
};

const noEndpoint = () => t('refused.next.no-endpoint', 'Compare the path with those of the endpoints.');

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
  no_endpoint: noEndpoint,
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
export function fixFor(denial: Denial, key: Key, policy: Policy, now = serverTime()): Fix | undefined {
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
