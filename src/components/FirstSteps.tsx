import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback } from 'react';
import type { Key } from '../api/types';
import { useHost } from '../host';
import { t } from '../i18n';
import { isFed, isRead } from './access';
import { Door } from './Door';
import { FirstEndpoint } from './FirstEndpoint';
import { FirstKey } from './FirstKey';
import { useEvery } from './useEvery';
import { isServed, useFirstUse } from './useFirstUse';
import { useGate } from './useGate';
import { useKeyActions, type KeyActions } from './useKeyActions';

/** How often the server is asked what has happened, in milliseconds. */
const LOOK_EVERY = 2500;

/** From nothing to an agent that pushes and a Grafana that reads, each step checked off by what the server has seen. */
export const FirstSteps = ({ onDone }: { onDone: () => void }) => {
  const styles = useStyles2(getStyles);
  const gate = useGate();
  const pushing = useFirstUse('Agent');
  const reading = useFirstUse('Viewer');
  const { reload: readGate } = gate;
  const { reload: readPushing } = pushing;
  const { reload: readReading } = reading;
  const look = useCallback(() => (readGate(), readPushing(), readReading()), [readGate, readPushing, readReading]);
  useEvery(LOOK_EVERY, look);
  const { actions, dialog } = useKeyActions({ onChanged: look });

  const endpoints = gate.data?.endpoints ?? [];
  // Nothing pushes to metrics that are scraped, and nothing reads where traces are only taken in.
  const steps = ALL.filter(({ fits }) => !endpoints.length || endpoints.some(fits));
  const uses = { push: pushing.data, read: reading.data };
  const open = [
    ...(endpoints.length ? [] : ['endpoint']),
    ...steps.filter(({ id }) => !isServed(uses[id])).map(({ id }) => id),
  ];
  const known = gate.data && pushing.data && reading.data;
  const over = known && open.length === 0;
  return (
    <div className={styles.guide}>
      <div className={styles.welcome}>
        <Door />
        <h2 className={styles.title}>
          {over ? t('first.over', 'The first ones are in') : t('first.title', 'Let the first one in')}
        </h2>
        <p className={styles.text}>
          {t(
            'first.text',
            'From nothing to an agent that sends and a Grafana that reads. Each step is checked off when the server has seen it.'
          )}
        </p>
      </div>
      <ol className={styles.steps} aria-label={t('first.steps', 'First steps')}>
        <FirstEndpoint n={1} next={open[0] === 'endpoint'} gate={gate.data} onMade={look} />
        {steps.map(({ id, texts, ...step }, i) => (
          <FirstKey
            key={id}
            n={i + 2}
            next={open[0] === id}
            use={uses[id]}
            endpoints={endpoints}
            actions={actions}
            {...step}
            {...texts()}
          />
        ))}
      </ol>
      {over && <Further actions={actions} of={uses.push?.key} />}
      <div className={styles.end}>
        <Button variant={over ? 'primary' : 'secondary'} fill={over ? 'solid' : 'text'} onClick={onDone}>
          {over ? t('first.done', 'Go to the numbers') : t('first.skip', 'Skip the first steps')}
        </Button>
      </div>
      {dialog}
    </div>
  );
};

const ALL = [
  {
    id: 'push',
    role: 'Agent',
    fits: isFed.bind(null, 'Agent'),
    begin: { template: 'alloy', name: 'alloy' },
    snippet: 'alloy',
    texts: () => ({
      title: t('first.push', 'Let an agent send'),
      text: t(
        'first.push-text',
        'Make a key for Alloy, paste what is shown then on its machine, and see the first request arrive.'
      ),
      make: t('first.push-make', 'Create key for Alloy'),
    }),
  },
  {
    id: 'read',
    role: 'Viewer',
    fits: isRead.bind(null, 'Viewer'),
    begin: { template: 'grafana', name: 'grafana' },
    snippet: 'grafana-form',
    texts: () => ({
      title: t('first.read', 'Let Grafana read'),
      text: t(
        'first.read-text',
        'Make a key for its data source, fill in what is shown then, and press “Save & test” there.'
      ),
      make: t('first.read-make', 'Create key for Grafana'),
    }),
  },
] as const;

/** What comes after the first steps. */
const Further = ({ actions, of: key }: { actions: KeyActions; of?: Key }) => {
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  return (
    <section className={styles.further} aria-label={t('first.further', 'What comes next')}>
      <h3 className={styles.name}>{t('first.further', 'What comes next')}</h3>
      <ul>
        <li>
          <Button
            size="sm"
            variant="secondary"
            icon="plus"
            onClick={() => actions.begin({ template: 'alloy', name: '' }, 'alloy')}
          >
            {t('first.another', 'A second agent')}
          </Button>{' '}
          {t('first.another-why', 'Each has a key of its own, so that one can be ended alone.')}
        </li>
        {key && (
          <li>
            <Button size="sm" variant="secondary" icon="pen" onClick={() => actions.edit(key)}>
              {t('first.limit', 'Limits for {{name}}', { name: key.name })}
            </Button>{' '}
            {t('first.limit-why', 'So that nobody sends more than was agreed.')}
          </li>
        )}
        <li>
          <TextLink href={href('settings')}>{t('first.notices', 'Notices')}</TextLink>{' '}
          {t('first.notices-why', 'Say who is told before a key ends.')}
        </li>
        <li>
          <TextLink href={href('refused')}>{t('refused.title', 'Refused')}</TextLink>{' '}
          {t('first.refused-why', 'Who was not let in, and what helps.')}
        </li>
      </ul>
    </section>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  guide: css({ maxWidth: 760, margin: '0 auto' }),
  welcome: css({ textAlign: 'center', marginBottom: theme.spacing(3) }),
  title: css({ ...theme.typography.h3, margin: theme.spacing(1, 0) }),
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  steps: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    gap: theme.spacing(1.5),
    margin: 0,
    padding: 0,
    listStyle: 'none',
  }),
  further: css({
    margin: theme.spacing(3, 0, 0),
    padding: theme.spacing(0, 2),
    ul: { display: 'grid', gap: theme.spacing(1.5), margin: 0, padding: 0, listStyle: 'none' },
  }),
  name: css({ ...theme.typography.h5, margin: theme.spacing(0, 0, 1.5) }),
  end: css({ marginTop: theme.spacing(2), textAlign: 'center' }),
});
