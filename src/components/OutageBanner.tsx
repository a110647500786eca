import { Alert } from '@grafana/ui';
import React, { useEffect, useSyncExternalStore } from 'react';
import { api } from '../api/client';
import { currentOutage, onOutageChange } from '../api/status';
import { t } from '../i18n';

/** How often the server is asked whether it answers again, in milliseconds. */
const RETRY_EVERY = 5000;

/**
 * Says that the server or the store does not answer, and asks until it does. The page keeps its content meanwhile.
 */
export const OutageBanner = () => {
  const outage = useSyncExternalStore(onOutageChange, currentOutage);
  const down = outage !== undefined;

  useEffect(() => {
    if (!down) {
      return;
    }
    // A page of keys, not the health: only an answer that needed the store shows that it is back.
    const timer = setInterval(() => api.keys({ limit: 1 }).catch(() => undefined), RETRY_EVERY);
    return () => clearInterval(timer);
  }, [down]);

  if (!outage) {
    return null;
  }
  const store = outage.status === 503;
  return (
    // In a box of its own, since an alert takes all the room of a column that is as high as the window.
    <div>
      <Alert
        severity="error"
        title={
          store
            ? t('outage.store', 'The key store cannot be reached')
            : t('outage.server', 'The server cannot be reached')
        }
      >
        {store
          ? t(
              'outage.store-hint',
              'Keys that were good stay good at the gate for now, but nothing can be read or changed here. Look at the server’s log and at the database that it names.'
            )
          : t('outage.server-hint', 'Look whether it runs, and whether the network leads to it.')}{' '}
        {t('outage.stays', 'What you typed stays, and this page tries again by itself.')}
      </Alert>
    </div>
  );
};
