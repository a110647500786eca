import { useCallback, useEffect, useState } from 'react';
import { api } from '../api/client';
import type { Endpoint } from '../api/types';
import { useQuery } from '../api/useQuery';

/** The endpoints of the gate. */
export interface Endpoints {
  /** Undefined while they are not known, and if they could not be read. */
  endpoints?: readonly Endpoint[];
  /** Whether their answer is still to come. */
  pending: boolean;
}

/** Reads the endpoints of the gate. */
export function useEndpoints(): Endpoints {
  const { data, error } = useQuery(useCallback((signal: AbortSignal) => api.endpoints(signal), []));
  return { endpoints: data?.endpoints, pending: !data && !error };
}

/**
 * Does something at once, or when what it needs has come.
 * @returns what asks for it, and whether it was asked for and waits
 */
export function useOnceReady(pending: boolean, act: () => void): [ask: () => void, waits: boolean] {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (asked && !pending) {
      setAsked(false);
      act();
    }
  }, [asked, pending, act]);
  return [() => setAsked(true), asked];
}
