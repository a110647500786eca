import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Denial } from '../api/types';
import { clockTime } from '../format';
import { t } from '../i18n';
import { codeName } from './codes';
import { nextStep, whyRefused } from './denialFix';
import { faultOf, faultStep } from './fault';
import { forced } from './forcedColors';
import { Glyph } from './Glyph';
import type { FirstRequest } from './useFirstRequest';
import { fromAddress, whose } from './whose';

/** Whether the first request with a token came, on one line. */
export const TestIt = ({ arrived, refused }: FirstRequest) => {
  const styles = useStyles2(getStyles);
  return (
    <div role="status" aria-label={t('test.title', 'Test it')} className={styles.line}>
      {arrived?.client?.fault ? (
        <>
          <span className={styles.bad}>
            <Glyph name="cross" />
          </span>
          <div>
            {t('test.fault', 'Let in at {{at}}, but not served.', { at: clockTime(arrived.at) })}{' '}
            {faultOf(arrived.client)} {faultStep(arrived.client.fault)} {t('test.goes-on', 'Waiting goes on.')}
          </div>
        </>
      ) : arrived ? (
        <>
          <span className={styles.good}>
            <Glyph name="check" />
          </span>
          {t('test.arrived', 'Let in: the first request came at {{at}}.', { at: clockTime(arrived.at) })}
          {arrived.client ? ` ${whose(arrived.client)}` : arrived.from ? ` ${fromAddress(arrived.from)}` : ''}
        </>
      ) : refused ? (
        <>
          <span className={styles.bad}>
            <Glyph name="cross" />
          </span>
          {t('test.refused', 'Refused at {{at}}: {{code}}. Waiting goes on.', {
            at: clockTime(refused.at),
            code: codeName(refused.code),
          })}
        </>
      ) : (
        <>
          <span className={styles.dot} aria-hidden />
          {t('test.waiting', 'Waiting for the first request with this token…')}
        </>
      )}
    </div>
  );
};

/** Why a request was refused, and what to do. */
export const Refusal = ({ denial }: { denial: Denial }) => {
  const styles = useStyles2(getStyles);
  const { text, detail } = whyRefused(denial);
  return (
    <Alert
      severity="error"
      topSpacing={2}
      bottomSpacing={0}
      title={t('test.refused-title', 'A request with it was refused')}
    >
      <div className={styles.details}>
        <code>
          {denial.method} {denial.path}
        </code>{' '}
        {t('key.from', 'from {{address}}', { address: denial.address })}
        <div>
          {text}
          {detail && <span lang="en"> ({detail})</span>}.
        </div>
        <div>{nextStep(denial)}</div>
      </div>
    </Alert>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  line: css({
    display: 'flex',
    flex: '1 1 280px',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    minWidth: 0,
    color: theme.colors.text.secondary,
    overflowWrap: 'anywhere',
    '> span': { display: 'inline-flex', flexShrink: 0 },
  }),
  good: css({ color: theme.colors.success.text }),
  bad: css({ color: theme.colors.error.text }),
  details: css({ overflowWrap: 'anywhere' }),
  dot: css({
    width: theme.spacing(1),
    height: theme.spacing(1),
    borderRadius: '50%',
    background: theme.colors.primary.main,
    ...forced('CanvasText'),
    '@media (prefers-reduced-motion: no-preference)': {
      animation: 'ostiary-waiting 1.6s ease-in-out infinite',
      '@keyframes ostiary-waiting': { '50%': { opacity: 0.25 } },
    },
  }),
});
