import { LoadingPlaceholder } from '@grafana/ui';
import React, { createContext, useCallback, useContext, useEffect, useMemo, type ReactNode } from 'react';
import { api } from '../api/client';
import type { Permission, Policy, Whoami } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { Failure } from './Failure';

/** Who uses the pages, what they may do, and the limits that their organization sets. */
export interface Caller {
  whoami: Whoami;
  policy: Policy;
  can: (permission: Permission) => boolean;
}

const CallerContext = createContext<Caller | undefined>(undefined);

/** Asks the server who the user is, once for all pages; shows them when it knows. */
export const CallerProvider = ({ children }: { children: ReactNode }) => {
  const read = useCallback(async (signal: AbortSignal) => {
    const [whoami, policy] = await Promise.all([api.whoami(signal), api.policy(signal)]);
    return { whoami, policy };
  }, []);
  const { Page, onCaller } = useHost();
  const { data, error, reload } = useQuery(read);
  const caller = useMemo(
    () => data && { ...data, can: (permission: Permission) => data.whoami.permissions.includes(permission) },
    [data]
  );
  useEffect(() => {
    if (data) {
      onCaller?.(data.whoami);
    }
  }, [data, onCaller]);

  if (caller) {
    return <CallerContext.Provider value={caller}>{children}</CallerContext.Provider>;
  }
  return (
    <Page title={t('overview.title', 'Overview')}>
      {!error ? (
        <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
      ) : (
        !error.temporary && (
          <Failure error={error} what={t('caller.failed', 'Your rights could not be read')} onRetry={reload} />
        )
      )}
    </Page>
  );
};

/** Who uses the pages. */
export function useCaller(): Caller {
  const caller = useContext(CallerContext);
  if (!caller) {
    throw new Error('useCaller must be used below a CallerProvider');
  }
  return caller;
}

/** Whether it is known who uses the pages. */
export const useIsKnown = (): boolean => useContext(CallerContext) !== undefined;
