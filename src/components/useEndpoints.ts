import { useCallback, useEffect, useRef } from 'react';
import { api } from '../api/client';
import type { Endpoint } from '../api/types';
import { useQuery } from '../api/useQuery';

type List = readonly Endpoint[] | undefined;

/** The endpoints of the gate. */
export interface Endpoints {
  /** Undefined while they are not known, and if they could not be read. */
  endpoints: List;
  /** Their answer is still to come. */
  pending: boolean;
  /** Waits for the answer; undefined if they could not be read. */
  known: () => Promise<List>;
}

/** Reads the endpoints of the gate. */
export function useEndpoints(): Endpoints {
  const { data, error } = useQuery(useCallback((signal: AbortSignal) => api.endpoints(signal), []));
  const endpoints = data?.endpoints;
  const pending = !data && !error;
  const waiting = useRef<Array<(list: List) => void>>([]);
  useEffect(() => {
    if (!pending) {
      waiting.current.splice(0).forEach((goOn) => goOn(endpoints));
    }
  }, [pending, endpoints]);
  const known = () =>
    pending ? new Promise<List>((resolve) => waiting.current.push(resolve)) : Promise.resolve(endpoints);
  return { endpoints, pending, known };
}
