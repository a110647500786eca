import { config } from '@grafana/runtime';
import { useCallback } from 'react';
import { api } from '../api/client';
import { useQuery } from '../api/useQuery';

/** The gate's usual listener, for as long as the server has not told its own. */
const DEFAULT_LISTEN = '127.0.0.1:7172';

/** The address to which clients send their keys, without a slash at the end. */
export function useGateUrl(): string {
  const { data } = useQuery(useCallback((signal: AbortSignal) => api.health(signal), []));
  return gateUrl(data?.gate?.listen || DEFAULT_LISTEN, config.appUrl);
}

/**
 * The address of a listener, which may be given as `127.0.0.1:7172` or with its scheme. One that takes requests for any
 * address is reached under the name by which this page was.
 */
export function gateUrl(listen: string, page: string): string {
  const [, scheme = 'http://', host, port = ''] = /^(https?:\/\/)?(.*?)(:\d+)?\/?$/.exec(listen) ?? [];
  const any = ['', '0.0.0.0', '[::]'].includes(host);
  return scheme + (any ? pageHost(page) : host) + port;
}

function pageHost(page: string): string {
  try {
    return new URL(page).hostname;
  } catch {
    return '127.0.0.1';
  }
}
