import { config } from '@grafana/runtime';
import { useCallback } from 'react';
import { api } from '../api/client';
import type { EndpointList } from '../api/types';
import { useQuery, type Query } from '../api/useQuery';

/** What the gate protects, and the address to which clients send their keys. */
export function useGate(): Query<EndpointList> {
  return useQuery(
    useCallback(async (signal: AbortSignal) => {
      const list = await api.endpoints(signal);
      return { ...list, gate: { ...list.gate, url: gateUrl(list.gate, config.appUrl) } };
    }, [])
  );
}

/** The gate's address. One that takes requests for any address is reached under the name by which this page was. */
export function gateUrl({ url, anyAddress }: EndpointList['gate'], page: string): string {
  const host = anyAddress && hostOf(page);
  if (!host) {
    return url;
  }
  const at = new URL(url);
  at.hostname = host;
  return at.href.replace(/\/$/, '');
}

function hostOf(page: string): string {
  try {
    return new URL(page).hostname;
  } catch {
    return '';
  }
}
