import { css } from '@emotion/css';
import {
  AppEvents,
  BusEventWithPayload,
  type AlertErrorPayload,
  type AlertPayload,
  type GrafanaTheme2,
} from '@grafana/data';
import { Alert, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useState } from 'react';
import { useClearOfDialog } from '../components/useClearOfDialog';
import { events } from './events';

class SuccessEvent extends BusEventWithPayload<AlertPayload> {
  static type = AppEvents.alertSuccess.name;
}

class ErrorEvent extends BusEventWithPayload<AlertErrorPayload> {
  static type = AppEvents.alertError.name;
}

interface Toast {
  id: number;
  severity: 'success' | 'error';
  title: string;
  text?: string;
}

/** How long a good message stays, in milliseconds; an error stays until it is closed. */
const STAY = 4000;

/** Shows for a moment what Grafana would show in its corner. */
export const Toasts = () => {
  const styles = useStyles2(getStyles);
  const [toasts, setToasts] = useState<Toast[]>([]);
  const place = useClearOfDialog(toasts.length > 0);
  const remove = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);

  useEffect(() => {
    let last = 0;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const show = (severity: Toast['severity'], title: string, text?: string) => {
      const id = ++last;
      setToasts((all) => [...all, { id, severity, title, text }]);
      if (severity === 'success') {
        timers.add(setTimeout(() => remove(id), STAY));
      }
    };
    const subscriptions = [
      events.subscribe(SuccessEvent, ({ payload: [title, text] }) => show('success', title, text)),
      events.subscribe(ErrorEvent, ({ payload: [title, text] }) => show('error', title, text && String(text))),
    ];
    return () => {
      subscriptions.forEach((subscription) => subscription.unsubscribe());
      timers.forEach(clearTimeout);
    };
  }, [remove]);

  return (
    <div className={styles.corner} style={place} aria-live="polite">
      {toasts.map(({ id, severity, title, text }) => (
        <Alert key={id} severity={severity} title={title} elevated onRemove={() => remove(id)}>
          {text}
        </Alert>
      ))}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  corner: css({
    position: 'fixed',
    top: theme.spacing(2),
    right: theme.spacing(2),
    zIndex: theme.zIndex.portal,
    width: `min(400px, calc(100vw - ${theme.spacing(4)}))`,
  }),
});
