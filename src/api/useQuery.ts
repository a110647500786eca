import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { peek, take } from './ahead';
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
 * @param name what the question is called if it may have been asked ahead
 */
export function useQuery<T>(read: (signal: AbortSignal) => Promise<T>, name?: string): Query<T> {
  const [attempt, setAttempt] = useState(0);
  const recoveries = useSyncExternalStore(onOutageChange, recoveryCount);
  const question = useMemo(() => ({ read, name, attempt, recoveries }), [read, name, attempt, recoveries]);
  const [answer, setAnswer] = useState<{ data?: T; error?: ApiError; to?: typeof question }>(() => {
    const data = peek<T>(name);
    return data === undefined ? {} : { data, to: question };
  });
  const [answered] = useState(answer.to);
  const last = useRef<typeof read>();

  useEffect(() => {
    const abort = new AbortController();
    const early = take<T>(question.name, abort.signal);
    const again = last.current === question.read;
    last.current = question.read;
    if (answered === question) {
      return undefined; // it was there from the first moment on
    }
    const note = (next: (last: typeof answer) => typeof answer) => !abort.signal.aborted && setAnswer(next);
    // What is read again was changed meanwhile.
    ((!again && early) || question.read(abort.signal)).then(
      (data) => note(() => ({ data, to: question })),
      (reason) => note(({ data }) => ({ data, error: toApiError(reason), to: question }))
    );
    return () => abort.abort();
  }, [question, answered]);

  const reload = useCallback(() => setAttempt((n) => n + 1), []);
  return { data: answer.data, error: answer.error, loading: answer.to !== question, reload };
}
