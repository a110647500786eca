import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Checkbox, Field, Input, Modal, useStyles2 } from '@grafana/ui';
import React, { useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react';
import { API_BASE } from '../api/client';
import { toApiError } from '../api/errors';
import { readAgain } from '../api/status';
import type { Whoami } from '../api/types';
import { t } from '../i18n';
import logo from '../img/logo.svg';
import { send } from './backend';
import { session } from './session';

/** How every key looks; the rest only the server can tell. */
const KEY = /^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/;

/** What the server says of a key that is limited to endpoints; it goes on about proxies, which helps nobody here. */
const LIMITED = /limited to certain endpoints/;

/** Why a key was not let in here. */
function whyNot(reason: unknown): string {
  const { message } = toApiError(reason);
  return LIMITED.test(message)
    ? t(
        'login.limited',
        'This key is limited to certain endpoints, which the console is none of. Sign in with one that is not, and that may manage keys.'
      )
    : message;
}

/** The page on which somebody signs in. */
export const Login = () => {
  const styles = useStyles2(getStyles);
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <img src={logo} alt="" width={48} height={48} />
          <h1 className={styles.title}>{t('login.title', 'Sign in to Ostiary')}</h1>
        </div>
        {session.reason() === 'refused' && <Refused />}
        <LoginForm />
      </div>
    </main>
  );
};

/** Asks for another key over the pages, which stay as they are: what was typed there is not lost. */
export const LoginDialog = () => {
  const leave = () => session.end('left');
  // The key that closes a dialog must not reach one that lies below this.
  const keep = (event: KeyboardEvent) => event.key === 'Escape' && event.stopPropagation();
  return (
    <Modal
      isOpen
      title={t('login.again', 'Sign in again')}
      closeOnEscape={false}
      closeOnBackdropClick={false}
      onDismiss={leave}
      className={css({ width: 'min(480px, calc(100vw - 32px))' })}
    >
      <div onKeyDown={keep}>
        <Refused>{t('login.goes-on', 'What you typed stays, and the page goes on where it was.')}</Refused>
        <LoginForm
          onSignedIn={readAgain}
          others={
            <Button type="button" variant="secondary" fill="text" fullWidth onClick={leave}>
              {t('frame.sign-out', 'Sign out')}
            </Button>
          }
        />
      </div>
    </Modal>
  );
};

const Refused = ({ children }: { children?: ReactNode }) => (
  <Alert severity="warning" title={t('login.refused', 'Your key is no longer accepted')}>
    {t('login.refused-why', 'It was disabled, revoked or deleted, or it has expired. Sign in with another one.')}{' '}
    {children}
  </Alert>
);

/** Signs in with a key, which the server must accept first. */
const LoginForm = ({ onSignedIn, others }: { onSignedIn?: () => void; others?: ReactNode }) => {
  const styles = useStyles2(getStyles);
  const [key, setKey] = useState('');
  const [keep, setKeep] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();

  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    const typed = key.trim();
    if (!KEY.test(typed)) {
      setWrong(t('login.malformed', 'This is not a whole key. It begins with ost_ and has 66 characters.'));
      return;
    }
    setBusy(true);
    setWrong(undefined);
    try {
      const { data } = await send<Whoami>({ url: `${API_BASE}/v1/whoami` }, typed);
      session.start(typed, keep, data.orgId);
      onSignedIn?.();
    } catch (reason) {
      setWrong(whyNot(reason));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={signIn} noValidate>
      <Field
        htmlFor="login-key"
        label={t('login.key', 'API key')}
        description={t(
          'login.key-help',
          'A key with the role Admin. The server printed the first one when it started for the first time.'
        )}
        invalid={Boolean(wrong)}
        error={wrong}
      >
        <Input
          id="login-key"
          type="password"
          autoFocus
          autoComplete="off"
          spellCheck={false}
          placeholder="ost_…"
          aria-invalid={Boolean(wrong)}
          value={key}
          onChange={(e) => setKey(e.currentTarget.value)}
        />
      </Field>
      <Checkbox
        label={t('login.keep', 'Stay signed in until this tab is closed')}
        description={t(
          'login.keep-help',
          'Otherwise the key is kept in memory only, and reloading the page signs you out.'
        )}
        value={keep}
        onChange={(e) => setKeep(e.currentTarget.checked)}
      />
      <Button type="submit" size="lg" disabled={busy} className={styles.button}>
        {t('login.submit', 'Sign in')}
      </Button>
      {others}
    </form>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'grid',
    placeItems: 'center',
    minHeight: '100vh',
    padding: theme.spacing(3),
  }),
  box: css({
    width: 'min(440px, 100%)',
    padding: theme.spacing(4),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.lg,
    background: theme.colors.background.primary,
    boxShadow: theme.shadows.z2,
  }),
  brand: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: theme.spacing(2),
    marginBottom: theme.spacing(3),
  }),
  title: css({ ...theme.typography.h3, margin: 0 }),
  button: css({ marginTop: theme.spacing(3), width: '100%', justifyContent: 'center' }),
});
