import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, ClipboardButton, Stack, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router-dom';
import { api } from '../api/client';
import type { Denial, Endpoint, Key } from '../api/types';
import { useQuery } from '../api/useQuery';
import { relativeTime } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { codeName } from './codes';
import { Door } from './Door';
import { Glyph } from './Glyph';
import { linkTo } from './links';
import { UseDialog } from './UseDialog';
import { useEvery } from './useEvery';
import { useGate } from './useGate';
import { useKeyActions } from './useKeyActions';

/** How often the server is asked what has happened, in milliseconds. */
const LOOK_EVERY = 2500;

/** An endpoint as it is written into the server's file. */
const IN_FILE = `gate:
  endpoints:
    - {name: loki, kind: loki, upstream: "http://127.0.0.1:3100"}`;

/** From nothing to the first request that is let in, each step checked off by what the server really has. */
export const FirstSteps = ({ onDone }: { onDone: () => void }) => {
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const navigate = useNavigate();
  const gate = useGate();
  const keys = useNewestKeys();
  const arrivals = useArrivals();
  const { reload: readGate } = gate;
  const { reload: readKeys } = keys;
  const { reload: readArrivals } = arrivals;
  const look = useCallback(() => (readGate(), readKeys(), readArrivals()), [readGate, readKeys, readArrivals]);
  useEvery(LOOK_EVERY, look);
  const { actions, dialog } = useKeyActions({ onChanged: look });
  const [used, setUsed] = useState<Endpoint>();

  const endpoints = gate.data?.endpoints ?? [];
  const key = keys.data?.[0];
  const arrived = arrivals.data?.key;
  const opened = endpoints.find(({ name }) => !key?.endpoints.length || key.endpoints.includes(name));
  // The gate says here whether it would let a key in; one that is limited to endpoints has to name one.
  const at = key?.endpoints.length ? `/auth?endpoint=${key.endpoints[0]}` : '/auth';
  const line = `curl -i -H "Authorization: Bearer YOUR_TOKEN" "${gate.data?.gate.url ?? ''}${at}"`;
  return (
    <div className={styles.guide}>
      <div className={styles.welcome}>
        <Door />
        <h2 className={styles.title}>{t('first.title', 'Let the first one in')}</h2>
        <p className={styles.text}>
          {t(
            'first.text',
            'Four steps from nothing to the first request. Each is checked off by itself when the server has seen it.'
          )}
        </p>
      </div>
      <ol className={styles.steps} aria-label={t('first.steps', 'First steps')}>
        <Step
          n={1}
          done={endpoints.length > 0}
          title={t('first.endpoint', 'Say what is to be protected')}
          outcome={endpoints.map(({ name }) => name).join(', ')}
        >
          <p>
            {t(
              'first.endpoint-text',
              'An endpoint is a path at the gate, with the program behind it: Loki, Prometheus, Mimir or any other.'
            )}
          </p>
          {gate.data && !gate.data.inStore ? (
            <>
              <p>{t('first.in-file', 'Write it into the server’s configuration file, and send it SIGHUP:')}</p>
              <Copyable text={IN_FILE} />
              <p>
                {t(
                  'first.without',
                  'A proxy that asks at /auth needs none, such as nginx or Traefik. Then go on with the key.'
                )}
              </p>
            </>
          ) : (
            <Button icon="plus" onClick={() => navigate(linkTo(href, 'endpoints', { new: 'true' }))}>
              {t('endpoints.create', 'Add endpoint')}
            </Button>
          )}
        </Step>
        <Step
          n={2}
          done={key !== undefined}
          title={t('first.key', 'Make a key')}
          outcome={key && <TextLink href={href(`keys/${key.id}`)}>{key.name}</TextLink>}
        >
          <p>
            {t(
              'first.key-text',
              'Give every agent, script and service a key of its own. You choose what it may do and how long it lives.'
            )}
          </p>
          <Button icon="plus" onClick={actions.create}>
            {t('keys.create', 'Create key')}
          </Button>
        </Step>
        <Step
          n={3}
          done={arrived !== undefined}
          title={t('token.use', 'Use it')}
          outcome={arrived && t('first.used', 'It was used.')}
        >
          <p>
            {t('first.use-text', 'Paste this into a terminal, with the token that you copied when the key was made:')}
          </p>
          <Copyable text={line} />
          {opened && (
            <Button variant="secondary" size="sm" onClick={() => setUsed(opened)}>
              {t('first.programs', 'Alloy, Prometheus and other programs')}
            </Button>
          )}
        </Step>
        <Step
          n={4}
          done={arrived !== undefined}
          title={t('first.arrive', 'See it arrive')}
          outcome={arrived && <Arrival target={arrived} />}
        >
          {key ? (
            <p role="status" className={styles.waiting}>
              <span className={styles.pulse} aria-hidden />
              {t('first.waiting', 'Waiting for the first request…')}
            </p>
          ) : (
            <p>{t('first.arrive-text', 'The first request appears here at once, also when it is refused.')}</p>
          )}
          {arrivals.data?.denial && <RefusedLately denial={arrivals.data.denial} />}
        </Step>
      </ol>
      <div className={styles.end}>
        <Button variant={arrived ? 'primary' : 'secondary'} fill={arrived ? 'solid' : 'text'} onClick={onDone}>
          {arrived ? t('first.done', 'Go to the numbers') : t('first.skip', 'Skip the first steps')}
        </Button>
      </div>
      {dialog}
      {used && <UseDialog endpoint={used} onClose={() => setUsed(undefined)} />}
    </div>
  );
};

/** The newest keys but the one that somebody signed in with. */
function useNewestKeys() {
  const { whoami } = useCaller();
  return useQuery(
    useCallback(
      async (signal: AbortSignal) => {
        const { keys } = await api.keys({ sort: '-createdAt', limit: 2 }, signal);
        return keys.filter(({ id }) => id !== whoami.keyId);
      },
      [whoami]
    )
  );
}

/** The key that was used last, but for the one that somebody signed in with, and the request that was refused last. */
function useArrivals() {
  const { whoami } = useCaller();
  return useQuery(
    useCallback(
      async (signal: AbortSignal) => {
        const [used, refused] = await Promise.all([
          api.keys({ sort: '-lastUsedAt', limit: 2 }, signal),
          api.denials({ since: '1h', limit: 1 }, signal),
        ]);
        return {
          key: used.keys.find(({ id, lastUsedAt }) => lastUsedAt && id !== whoami.keyId),
          denial: refused.denials.at(0),
        };
      },
      [whoami]
    )
  );
}

interface StepProps {
  n: number;
  done: boolean;
  title: string;
  /** What came of it. */
  outcome?: ReactNode;
  children: ReactNode;
}

/** One step: what to do, or what came of it. */
const Step = ({ n, done, title, outcome, children }: StepProps) => {
  const styles = useStyles2(getStyles);
  return (
    <li className={styles.step}>
      <span className={cx(styles.number, done && styles.done)}>
        {done ? <Glyph name="check" size={14} /> : n}
        <span className="sr-only">{done ? t('first.is-done', 'Done:') : ''}</span>
      </span>
      <div className={styles.body}>
        <h3 className={styles.name}>{title}</h3>
        {done ? <div className={styles.outcome}>{outcome}</div> : children}
      </div>
    </li>
  );
};

const Arrival = ({ target: { id, name, lastUsedAt, lastUsedFrom } }: { target: Key }) => {
  const { href } = useHost();
  return (
    <span role="status">
      <TextLink href={href(`keys/${id}`)}>{name}</TextLink>{' '}
      {t('first.arrived', 'was let in {{when}}, from {{address}}.', {
        when: relativeTime(lastUsedAt ?? ''),
        address: lastUsedFrom || '–',
      })}
    </span>
  );
};

const RefusedLately = ({ denial }: { denial: Denial }) => {
  const { href } = useHost();
  return (
    <p>
      {t('first.refused', 'Refused {{when}}: {{why}}.', { when: relativeTime(denial.at), why: codeName(denial.code) })}{' '}
      <TextLink href={href('refused')}>{t('first.why', 'See why')}</TextLink>
    </p>
  );
};

/** A text that is pasted elsewhere. */
const Copyable = ({ text }: { text: string }) => {
  const styles = useStyles2(getStyles);
  return (
    <Stack direction="row" gap={1} alignItems="flex-start">
      <pre className={styles.pre} tabIndex={0}>
        {text}
      </pre>
      <ClipboardButton
        icon="copy"
        size="sm"
        variant="secondary"
        aria-label={t('first.copy', 'Copy this text')}
        getText={() => text}
      >
        {t('token.copy-snippet', 'Copy')}
      </ClipboardButton>
    </Stack>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  guide: css({ maxWidth: 760, margin: '0 auto' }),
  welcome: css({ textAlign: 'center', marginBottom: theme.spacing(3) }),
  title: css({ ...theme.typography.h3, margin: theme.spacing(1, 0) }),
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  steps: css({ display: 'grid', gap: theme.spacing(1.5), margin: 0, padding: 0, listStyle: 'none' }),
  step: css({
    display: 'flex',
    gap: theme.spacing(2),
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
  }),
  number: css({
    flex: '0 0 auto',
    display: 'grid',
    placeItems: 'center',
    width: 28,
    height: 28,
    borderRadius: '50%',
    border: `1px solid ${theme.colors.border.strong}`,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  done: css({
    borderColor: theme.colors.success.main,
    background: theme.colors.success.main,
    color: theme.colors.success.contrastText,
  }),
  body: css({ flex: 1, minWidth: 0, p: { margin: theme.spacing(0, 0, 1.5) }, '> :last-child': { marginBottom: 0 } }),
  name: css({ ...theme.typography.h5, margin: theme.spacing(0.5, 0, 1) }),
  outcome: css({ color: theme.colors.text.secondary, overflowWrap: 'anywhere' }),
  waiting: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  pulse: css({
    width: 8,
    height: 8,
    borderRadius: '50%',
    background: theme.colors.primary.main,
    [theme.transitions.handleMotion('no-preference')]: {
      animation: 'ostiary-pulse 1.6s ease-in-out infinite',
      '@keyframes ostiary-pulse': { '50%': { opacity: 0.2 } },
    },
  }),
  pre: css({
    flex: 1,
    minWidth: 0,
    margin: theme.spacing(0, 0, 1.5),
    padding: theme.spacing(1, 1.5),
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontSize: theme.typography.bodySmall.fontSize,
    background: theme.colors.background.canvas,
  }),
  end: css({ marginTop: theme.spacing(2), textAlign: 'center' }),
});
