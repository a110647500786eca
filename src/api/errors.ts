import { isFetchError } from '@grafana/runtime';
import { t } from '../i18n';
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
    problem.detail || problem.title || reason.data?.message || reason.statusText || unexplained(reason.status);
  return new ApiError(reason.status, problem.code ?? '', message, problem.errors ?? []);
}

const unreachable = () => t('error.unreachable', 'The server cannot be reached. Check the network, then try again.');

const unexplained = (status: number) =>
  t('error.status', 'The server answered with status {{status}} and no explanation.', { status });
