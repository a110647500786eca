import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { toApiError, type ApiError } from './errors';
import { onOutageChange, recoveryCount } from './status';

/** The state of something that is read from the server. */
export interface Query<T> {
  /** The last answer; it stays while a newer one is under way or failed. */
  data?: T;
  /** Why the last attempt failed. */
  error?: ApiError;
  loading: boolean;
  /** Asks again. */
  reload: () => void;
}

/**
 * Reads from the server when the component appears, whenever `read` changes (wrap it in useCallback), and when the
 * server is back after an outage. An answer that is no longer wanted is dropped and its request aborted.
 */
export function useQuery<T>(read: (signal: AbortSignal) => Promise<T>): Query<T> {
  const [state, setState] = useState<Omit<Query<T>, 'reload'>>({ loading: true });
  const [attempt, setAttempt] = useState(0);
  const recoveries = useSyncExternalStore(onOutageChange, recoveryCount);

  useEffect(() => {
    const abort = new AbortController();
    setState((last) => ({ ...last, loading: true }));
    read(abort.signal).then(
      (data) => !abort.signal.aborted && setState({ data, loading: false }),
      (reason) => !abort.signal.aborted && setState((last) => ({ ...last, error: toApiError(reason), loading: false }))
    );
    return () => abort.abort();
  }, [read, attempt, recoveries]);

  const reload = useCallback(() => setAttempt((n) => n + 1), []);
  return { ...state, reload };
}
