import { isFetchError } from '@grafana/runtime';
import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import { currentLanguage, t } from '../i18n';
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
    translated(problem.code) ||
    problem.detail ||
    problem.title ||
    reason.data?.message ||
    reason.statusText ||
    unexplained(reason.status);
  return new ApiError(reason.status, problem.code ?? '', message, problem.errors ?? []);
}

/** What a kind of failure means, for those who read another language than the server writes. */
function translated(code = ''): string | undefined {
  if (currentLanguage() === DEFAULT_LANGUAGE) {
    return undefined; // the server's own words say more
  }
  const texts: Record<string, string> = {
    duplicate_name: t('error.duplicate-name', 'That name is taken. Choose another one.'),
    last_admin: t('error.last-admin', 'It is the last key that can manage keys. Create another Admin key first.'),
    not_found: t('error.not-found', 'It does not exist (any more).'),
    forbidden: t('error.forbidden', 'You are not allowed to do that.'),
    unauthenticated: t('error.unauthenticated', 'You are not signed in.'),
    unavailable: t('error.unavailable', 'The key store cannot be reached. Try again in a moment.'),
    internal: t('error.internal', 'The server made a mistake; its log says which.'),
  };
  return texts[code];
}

const unreachable = () => t('error.unreachable', 'The server cannot be reached. Check the network, then try again.');

const unexplained = (status: number) =>
  t('error.status', 'The server answered with status {{status}} and no explanation.', { status });
