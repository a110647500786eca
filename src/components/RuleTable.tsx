import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Text, TextLink, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import type { Key, KeyUsage, RuleUsage } from '../api/types';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { HeadCell } from './HeadCell';
import { linkTo } from './links';
import { Nothing } from './Nothing';
import { Sparkline } from './Sparkline';
import { getCardStyles, getTableStyles, phone } from './tableStyles';
import { Time } from './Time';

/** How many are shown until the others are asked for. */
const SHOWN = 8;

/** To which endpoints and paths a key was sent, how often it was let in and refused there, and on which days. */
export const RuleTable = ({ target: key, usage }: { target: Key; usage: KeyUsage }) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const [all, setAll] = useState(false);
  const { rules } = usage;
  if (!rules.length) {
    return <Text color="secondary">{t('rules.none', 'It was sent nowhere in the last 30 days.')}</Text>;
  }
  const dates = usage.days.slice(-SPARKLINE).map(({ date }) => date);
  return (
    <>
      <div className={base.frame}>
        {/* The roles keep it a table for screen readers where a phone shows it as cards. */}
        <table role="table" className={cx(base.table, styles.table)} aria-label={t('rules.title', 'Where it is sent')}>
          <thead role="rowgroup">
            <tr role="row">
              <HeadCell>{t('refused.by-endpoint', 'Endpoint')}</HeadCell>
              <HeadCell>{t('refused.request', 'Request')}</HeadCell>
              <HeadCell className={styles.number}>{t('traffic.allowed', 'Let in')}</HeadCell>
              <HeadCell className={styles.number}>{t('traffic.denied', 'Refused')}</HeadCell>
              <HeadCell className={base.roomyOnly}>{t('rules.days', 'By day')}</HeadCell>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {(all ? rules : rules.slice(0, SHOWN)).map((rule) => (
              <tr role="row" key={`${rule.endpoint}\n${rule.path}\n${rule.method}`}>
                <td role="cell" className={styles.endpoint}>
                  {rule.endpoint || <Nothing />}
                </td>
                <td role="cell" className={cx(base.mono, styles.request)}>
                  {requestOf(rule) || <Nothing />}
                </td>
                <td role="cell" className={cx(styles.number, styles.allowed)}>
                  <span className={styles.what} aria-hidden>
                    {t('traffic.allowed', 'Let in')}{' '}
                  </span>
                  {count(rule.allowed)}
                  {rule.allowedAt && (
                    <div className={base.sub}>
                      <Time at={rule.allowedAt} />
                    </div>
                  )}
                </td>
                <td role="cell" className={cx(styles.number, styles.denied)}>
                  <span className={styles.what} aria-hidden>
                    {t('traffic.denied', 'Refused')}{' '}
                  </span>
                  {rule.denied > 0 ? (
                    <TextLink
                      href={linkTo(href, 'refused', { keyId: key.id, endpoint: rule.endpoint })}
                      inline={false}
                      aria-label={t('rules.refused', '{{n}} refused at {{endpoint}}', {
                        n: count(rule.denied),
                        endpoint: [rule.endpoint, requestOf(rule)].filter(Boolean).join(' '),
                      })}
                    >
                      {count(rule.denied)}
                    </TextLink>
                  ) : (
                    count(0)
                  )}
                  {rule.deniedAt && (
                    <div className={base.sub}>
                      <Time at={rule.deniedAt} />
                    </div>
                  )}
                </td>
                <td role="cell" className={cx(base.roomyOnly, styles.days)}>
                  <Sparkline {...daysOf(rule, dates)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rules.length > SHOWN && !all && (
        <Button className={styles.more} variant="secondary" size="sm" onClick={() => setAll(true)}>
          {t('rules.all', 'Show all {{n}}', { n: count(rules.length) })}
        </Button>
      )}
    </>
  );
};

/** How many days a small chart shows. */
const SPARKLINE = 14;

/** What was asked for: the method, if it is one that is told apart, and the path. */
const requestOf = ({ method, path }: Pick<RuleUsage, 'method' | 'path'>) => [method, path].filter(Boolean).join(' ');

/** How often a rule let in and refused on each of some days. */
function daysOf({ days }: RuleUsage, dates: readonly string[]) {
  const of = new Map(days.map((day) => [day.date, day]));
  return {
    days: dates.map((date) => of.get(date)?.allowed ?? 0),
    denied: dates.map((date) => of.get(date)?.denied ?? 0),
  };
}

/** On a phone each is a card. */
const getStyles = (theme: GrafanaTheme2) => {
  const { table, cell } = getCardStyles(theme, '"endpoint allowed" "request denied" / 1fr auto');
  const number = css({
    '&&': { textAlign: 'right' },
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
    // Colour alone would not tell it from the number beside it.
    a: { display: 'inline', textDecoration: 'underline' },
  });
  return {
    table,
    endpoint: cx(css({ overflowWrap: 'anywhere' }), cell('endpoint')),
    request: cx(
      css({ overflowWrap: 'anywhere', fontSize: theme.typography.bodySmall.fontSize, minWidth: 160 }),
      cell('request')
    ),
    number,
    // A card has no head that says it.
    what: css({
      display: 'none',
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      [phone(theme)]: { display: 'inline' },
    }),
    allowed: cell('allowed'),
    denied: cell('denied'),
    days: css({ width: 90 }),
    more: css({ marginTop: theme.spacing(1) }),
  };
};
