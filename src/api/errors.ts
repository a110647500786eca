import { isFetchError } from '@grafana/runtime';
import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import { currentLanguage, t } from '../i18n';
import { known, said } from '../said';
import type { FieldError, Problem } from './types';

/** Why a request failed, as a person can read it. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    /** The machine-readable kind of failure, such as `duplicate_name`. */
    readonly code: string,
    message: string,
    /** What is wrong with which field, when the request was. */
    readonly fields: readonly FieldError[] = []
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Whether nobody knows if the request was carried out: no answer arrived, or that of something in between. */
  get unknown(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  /** Whether the request may well succeed later, unchanged: the store or the server cannot be reached. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Turns whatever a request was rejected with into an ApiError. */
export function toApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) {
    return reason;
  }
  if (!isFetchError(reason)) {
    return new ApiError(0, 'unreachable', unreachable());
  }
  const problem: Partial<Problem> = typeof reason.data === 'object' && reason.data !== null ? reason.data : {};
  if (!reason.status) {
    return new ApiError(0, 'unreachable', unreachable());
  }
  const message =
    translated(problem) ||
    problem.detail ||
    problem.title ||
    reason.data?.message ||
    reason.statusText ||
    unexplained(reason.status);
  const fields = problem.errors ?? [];
  return new ApiError(
    reason.status,
    problem.code ?? '',
    message,
    fields.map(({ field, detail }) => ({ field, detail: said(detail) }))
  );
}

/**
 * What a kind of failure means, for those who read another language than the server writes, unless the catalogue has
 * what the server said. Where it does not, the server's own words come after it if they say more, such as until when to
 * wait.
 */
function translated({ code, detail, errors }: Partial<Problem>): string | undefined {
  if (currentLanguage() === DEFAULT_LANGUAGE || !code) {
    return undefined; // the server's own words say more
  }
  const own = detail && !errors?.length ? known(detail) : undefined;
  if (own) {
    return own;
  }
  const what = meanings()[code];
  if (!what) {
    return undefined; // it is newer than this page
  }
  return detail && SAYS_MORE.has(code) && !errors?.length
    ? t('error.with-detail', '{{what}} In the server’s words: {{detail}}', { what, detail })
    : what;
}

type Code = Problem['code'];

/** The codes whose details differ from case to case. */
const SAYS_MORE: ReadonlySet<Code> = new Set<Code>([
  'invalid_request',
  'conflict',
  'forbidden',
  'rate_limited',
  'unsupported_media_type',
]);

const meanings = (): Record<Code, string> => ({
  duplicate_name: t('error.duplicate-name', 'That name is taken. Choose another one.'),
  last_admin: t('error.last-admin', 'It is the last key that can manage keys. Create another Admin key first.'),
  conflict: t('error.conflict', 'As things are, this cannot be done.'),
  invalid_request: t('error.invalid-request', 'Something of it is not valid.'),
  not_found: t('error.not-found', 'It does not exist (any more).'),
  forbidden: t('error.forbidden', 'You are not allowed to do that.'),
  unauthenticated: t('error.unauthenticated', 'You are not signed in.'),
  missing_credentials: t('error.missing', 'A key is needed for that. Sign in with one.'),
  invalid_token: t('error.invalid-token', 'The key that you are signed in with does not exist (any more).'),
  disabled: t('error.disabled', 'The key that you are signed in with is disabled.'),
  expired: t('error.expired', 'The key that you are signed in with has expired.'),
  revoked: t('error.revoked', 'The key that you are signed in with was revoked.'),
  rate_limited: t('error.rate-limited', 'That was too often. Wait a moment, then try again.'),
  too_large: t('error.too-large', 'It is more than the server takes at once.'),
  unsupported_media_type: t('error.media-type', 'The server does not take content of this kind.'),
  method_not_allowed: t('error.method', 'The server does not know this action. Is it older than this page?'),
  unavailable: t('error.unavailable', 'The key store cannot be reached. Try again in a moment.'),
  internal: t('error.internal', 'The server made a mistake; its log says which.'),
});

const unreachable = () => t('error.unreachable', 'The server cannot be reached. Check the network, then try again.');

const unexplained = (status: number) =>
  t('error.status', 'The server answered with status {{status}} and no explanation.', { status });
