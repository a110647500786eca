import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, LoadingPlaceholder, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback } from 'react';
import { api } from '../api/client';
import type { Key, KeyClient } from '../api/types';
import { useQuery } from '../api/useQuery';
import { count, exactTime, relativeTime } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { oldTokens, type OldToken } from './clients';
import { Failure } from './Failure';
import { faultOf, faultStep } from './fault';
import { HeadCell } from './HeadCell';
import { linkTo } from './links';
import { Nothing } from './Nothing';
import { getCardStyles, getTableStyles, phone } from './tableStyles';
import { Time } from './Time';
import { useEvery } from './useEvery';

/** How often they are read again, in milliseconds. */
export const READ_EVERY = 15_000;

/** Who sends the tokens of a key, and, after a rotation, who still sends the old ones. */
export const KeyClients = ({ target: key }: { target: Key }) => {
  const { data, error, reload } = useQuery(useCallback((signal: AbortSignal) => api.clients(key.id, signal), [key.id]));
  useEvery(READ_EVERY, reload);
  if (!data) {
    return error && !error.temporary ? (
      <Failure error={error} what={t('clients.failed', 'Who uses the key could not be read')} onRetry={reload} />
    ) : (
      <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
    );
  }
  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      {oldTokens(key, data.clients).map((old) => (
        <OldTokenUse key={old.token.id} old={old} />
      ))}
      {data.clients.length ? (
        <ClientTable target={key} clients={data.clients} />
      ) : (
        <Text color="secondary">{t('clients.none', 'Nobody in the last 30 days.')}</Text>
      )}
    </Stack>
  );
};

/** Whether an old token can be ended. */
const OldTokenUse = ({ old: { token, use, clients, lastAt } }: { old: OldToken }) => {
  const { hint } = token;
  const when = lastAt ? { when: relativeTime(lastAt), exact: exactTime(lastAt) } : undefined;
  if (use === 'used') {
    return (
      <Alert severity="warning" title={t('clients.old-used', 'The old token {{hint}} is still sent', { hint })}>
        {clients.length
          ? clients
              .slice(0, SHOWN)
              .map(({ address, userAgent, lastAt }) =>
                t('clients.sender', '{{who}} ({{when}})', {
                  who: [address, userAgent].filter(Boolean).join(', ') || t('clients.unknown', 'somebody'),
                  when: relativeTime(lastAt),
                })
              )
              .join('; ')
          : when && t('clients.last-sent', 'Last {{when}} ({{exact}}).', when)}
        {clients.length > SHOWN && ` ${t('clients.further', 'and {{n}} others', { n: count(clients.length - SHOWN) })}`}
      </Alert>
    );
  }
  if (!when) {
    return (
      <Alert
        severity="success"
        title={t('clients.old-never', 'Nobody has ever sent the old token {{hint}}: it is safe to end', { hint })}
      />
    );
  }
  return use === 'over' ? (
    <Alert
      severity="success"
      title={t('clients.old-over', 'Nobody has sent the old token {{hint}} since {{exact}}: it is safe to end', {
        hint,
        ...when,
      })}
    />
  ) : (
    <Alert
      severity="info"
      title={t('clients.old-quiet', 'Nobody has sent the old token {{hint}} since {{exact}} ({{when}})', {
        hint,
        ...when,
      })}
    >
      {t('clients.old-wait', 'Give programs that run once a day the time to be heard, then end it.')}
    </Alert>
  );
};

/** How many senders are named in a sentence. */
const SHOWN = 5;

const ClientTable = ({ target: key, clients }: { target: Key; clients: readonly KeyClient[] }) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const several = key.tokens.length > 1;
  const hints = new Map(key.tokens.map(({ id, hint }) => [id, hint]));
  return (
    <div className={base.frame}>
      {/* The roles keep it a table for screen readers where a phone shows it as cards. */}
      <table role="table" className={cx(base.table, styles.table)} aria-label={t('clients.title', 'Who uses it')}>
        <thead role="rowgroup">
          <tr role="row">
            <HeadCell>{t('refused.from', 'From')}</HeadCell>
            <HeadCell>{t('refused.by-endpoint', 'Endpoint')}</HeadCell>
            {several && <HeadCell>{t('key.hint', 'Token')}</HeadCell>}
            <HeadCell>{t('key.last-used', 'Last used')}</HeadCell>
            <HeadCell className={base.roomyOnly}>{t('clients.first', 'First')}</HeadCell>
            <HeadCell className={styles.number}>{t('key.uses', 'Requests')}</HeadCell>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {clients.map((client) => (
            <tr
              role="row"
              key={[client.address, client.userAgent, client.endpoint, client.tenant, client.tokenId].join('\n')}
            >
              <td role="cell" className={styles.from}>
                {client.address || <Nothing />}
                {client.userAgent && (
                  <div className={cx(base.sub, base.twoLines)} title={client.userAgent}>
                    {client.userAgent}
                  </div>
                )}
              </td>
              <td role="cell" className={styles.endpoint} title={client.endpoint || undefined}>
                {client.endpoint || <Nothing />}
                {client.tenant && (
                  <div className={cx(base.sub, styles.tenant)} title={client.tenant}>
                    {t('clients.tenant', 'tenant {{name}}', { name: client.tenant })}
                  </div>
                )}
              </td>
              {several && (
                <td role="cell" className={cx(base.mono, base.sub, styles.token)}>
                  {hints.get(client.tokenId) ?? client.tokenId}
                </td>
              )}
              <td role="cell" className={styles.last}>
                <Time at={client.lastAt} />
              </td>
              <td role="cell" className={cx(base.roomyOnly, styles.first)}>
                <Time at={client.firstAt} />
              </td>
              <td role="cell" className={styles.number}>
                {count(client.requests)}
                {client.fault && (
                  <div className={cx(base.sub, styles.fault)} title={`${faultOf(client)} ${faultStep(client.fault)}`}>
                    {t('clients.fault', 'the last: {{fault}}', { fault: client.fault })}
                  </div>
                )}
                {client.denied > 0 && (
                  <div className={base.sub}>
                    <TextLink
                      href={linkTo(href, 'refused', { keyId: key.id, q: client.address })}
                      color="secondary"
                      inline={false}
                    >
                      {t('overview.refused', '{{n}} refused', { n: count(client.denied) })}
                    </TextLink>
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** A name that stays in one line; the whole of it is in its title. */
const short = { maxWidth: 180, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' } as const;

/** On a phone each client is a card. */
const getStyles = (theme: GrafanaTheme2) => {
  const { table, cell } = getCardStyles(theme, '"from number" "endpoint last" "token token" / 1fr auto');
  return {
    table,
    from: cx(css({ minWidth: 140, overflowWrap: 'anywhere' }), cell('from')),
    endpoint: cx(css(short), cell('endpoint')),
    tenant: css(short),
    token: cx(css({ '&&': { whiteSpace: 'nowrap' } }), cell('token')),
    last: cell('last', { textAlign: 'right' }),
    fault: css({ '&&': { color: theme.colors.error.text } }),
    first: css({ [phone(theme)]: { '&&': { display: 'none' } } }),
    number: cx(
      css({
        '&&': { textAlign: 'right' },
        fontVariantNumeric: 'tabular-nums',
        whiteSpace: 'nowrap',
        a: { display: 'inline' },
      }),
      cell('number')
    ),
  };
};
