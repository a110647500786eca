import type { BackendSrv, BackendSrvRequest, FetchResponse } from '@grafana/runtime';
import { from, type Observable } from 'rxjs';
import { below } from './base';
import { session } from './session';

/** Grafana's request service, over fetch. Only `fetch` exists, because the pages use nothing else of it. */
export const backend = {
  fetch: <T>(request: BackendSrvRequest): Observable<FetchResponse<T>> => from(send<T>(request, session.key())),
} as Partial<BackendSrv> as BackendSrv;

/**
 * Sends a request with a key. It rejects as Grafana's service does, with the status, the data and the request. A key
 * that is no longer good ends the session that it belongs to.
 */
export async function send<T>(config: BackendSrvRequest, key: string): Promise<FetchResponse<T>> {
  const { url, method = 'GET', params, data: body, headers: given, abortSignal } = config;
  const query = new URLSearchParams(
    Object.entries(params ?? {}).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]))
  ).toString();
  let response: Response;
  try {
    response = await fetch(below(query ? `${url}?${query}` : url), {
      method,
      headers: {
        Accept: 'application/json',
        ...(key ? { Authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...given,
      },
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      signal: abortSignal,
    });
  } catch (cause) {
    throw { status: 0, statusText: '', data: {}, cancelled: abortSignal?.aborted, cause, config };
  }
  const data = parse(await response.text());
  const { ok, status, statusText, headers, redirected, type } = response;
  if (status === 401 && key && key === session.key()) {
    session.end('refused');
  }
  if (!ok) {
    throw { status, statusText, data, config };
  }
  return { ok, status, statusText, headers, redirected, type, url: response.url, data: data as T, config };
}

/** The JSON in a body, or its text, as the message that Grafana's own errors have. A proxy's page is no message. */
function parse(text: string): unknown {
  if (!text) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.length > 300 || /^\s*</.test(text) ? '' : text.trim() };
  }
}
