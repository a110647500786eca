import { t } from '../i18n';

/** All codes of requests that were refused or let in after their key's end, as they are offered for a choice. */
export const CODES = [
  'missing_credentials',
  'invalid_token',
  'expired',
  'revoked',
  'disabled',
  'forbidden',
  'limited',
  'rate_limited',
  'held',
  'grace',
  'invalid_request',
  'no_endpoint',
  'too_large',
  'upstream_unavailable',
  'unavailable',
] as const;

/** Why a request was refused, in a few words; a code that is newer than this page appears as the server calls it. */
export function codeName(code: string): string {
  const names: Record<string, string> = {
    missing_credentials: t('code.missing', 'No key was sent'),
    invalid_token: t('code.invalid-token', 'Unknown key'),
    expired: t('code.expired', 'Key has expired'),
    revoked: t('code.revoked', 'Key was revoked'),
    disabled: t('code.disabled', 'Key is disabled'),
    forbidden: t('code.forbidden', 'Not allowed'),
    limited: t('code.limited', 'Over its limits'),
    rate_limited: t('code.rate-limited', 'Too many wrong keys'),
    held: t('code.held', 'Expired: told to wait'),
    grace: t('code.grace', 'Expired: let in for now'),
    invalid_request: t('code.invalid-request', 'Unclear request'),
    no_endpoint: t('code.no-endpoint', 'No such endpoint'),
    too_large: t('code.too-large', 'Too large'),
    method_not_allowed: t('code.method', 'Method not allowed'),
    unsupported_media_type: t('code.media-type', 'Content of another kind'),
    request_timeout: t('code.timeout', 'Stopped arriving'),
    upstream_unavailable: t('code.upstream', 'Upstream does not answer'),
    unavailable: t('code.unavailable', 'Could not be decided'),
  };
  return names[code] ?? code;
}
