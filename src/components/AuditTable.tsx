import { cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, EmptyState, LoadingPlaceholder, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback, useState } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { AuditEntry, AuditQuery } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { actionName, auditDetail } from './auditDetail';
import { Door } from './Door';
import { Failure } from './Failure';
import { HeadCell } from './HeadCell';
import { Nothing } from './Nothing';
import { Said } from './Said';
import { getCardStyles, getTableStyles } from './tableStyles';
import { ExactTime } from './Time';

const PAGE = 50;

/** What is asked for when nothing is left out. */
const EVERYTHING: AuditQuery = {};

interface Props {
  /** Only what was done to this key. */
  keyId?: string;
  version?: unknown;
  /** Which entries; the same object as long as they are the same. */
  query?: AuditQuery;
}

/** Who did what to which key, the newest first. */
export const AuditTable = ({ keyId, version, query = EVERYTHING }: Props) => {
  const read = useCallback(
    // The version stands for the key's last change, after which there is more to read.
    (signal: AbortSignal) => (void version, api.audit({ ...query, keyId, limit: PAGE }, signal)),
    [keyId, version, query]
  );
  const { data, error, loading, reload } = useQuery(read);
  if (error && !data) {
    return error.temporary ? null : (
      <Failure error={error} what={t('audit.failed', 'The audit trail could not be read')} onRetry={reload} />
    );
  }
  if (!data) {
    return <LoadingPlaceholder text={t('common.loading', 'Loading…')} />;
  }
  if (!data.entries.length && Object.values(query).some(Boolean)) {
    return (
      <EmptyState variant="not-found" image={<Door />} message={t('audit.none-found', 'No entry matches')}>
        {t('audit.none-found-hint', 'Search for something else, or take a filter away.')}
      </EmptyState>
    );
  }
  if (!data.entries.length) {
    return keyId ? (
      <Text color="secondary">{t('audit.empty', 'Nothing was done yet.')}</Text>
    ) : (
      <EmptyState variant="not-found" image={<Door />} message={t('audit.empty', 'Nothing was done yet.')}>
        {t(
          'audit.empty-text',
          'Every change to a key is listed here: who made it, when, from which address, and what changed.'
        )}
      </EmptyState>
    );
  }
  return (
    <Entries
      key={`${data.entries[0].id} ${JSON.stringify(query)}`}
      first={data.entries}
      firstCursor={data.nextCursor}
      keyId={keyId}
      query={query}
      stale={loading}
    />
  );
};

interface EntriesProps {
  first: AuditEntry[];
  firstCursor: string;
  keyId?: string;
  query: AuditQuery;
  stale: boolean;
}

const Entries = ({ first, firstCursor, keyId, query, stale }: EntriesProps) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const [older, setOlder] = useState<{ entries: AuditEntry[]; cursor: string }>({ entries: [], cursor: firstCursor });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();

  const readMore = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const page = await api.audit({ ...query, keyId, cursor: older.cursor, limit: PAGE });
      setOlder({ entries: [...older.entries, ...page.entries], cursor: page.nextCursor });
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };

  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      <div className={base.frame}>
        {/* The roles keep it a table for screen readers where a phone shows it as cards. */}
        <table
          role="table"
          className={cx(base.table, styles.table, stale && base.stale)}
          aria-label={t('audit.title', 'Audit trail')}
        >
          <thead role="rowgroup">
            <tr role="row">
              <HeadCell>{t('audit.when', 'When')}</HeadCell>
              <HeadCell className={base.roomy}>{t('audit.who', 'Who')}</HeadCell>
              <HeadCell>{t('audit.what', 'What')}</HeadCell>
              {!keyId && <HeadCell className={base.roomy}>{t('audit.about', 'About')}</HeadCell>}
              <HeadCell>{t('audit.detail', 'Details')}</HeadCell>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {[...first, ...older.entries].map((entry) => (
              <tr key={entry.id} role="row">
                <td role="cell" className={cx(base.narrow, styles.when)}>
                  <ExactTime at={entry.at} />
                </td>
                <td role="cell" className={styles.who}>
                  {entry.actor}
                  {entry.from && (
                    <div className={base.sub}>{t('key.from', 'from {{address}}', { address: entry.from })}</div>
                  )}
                </td>
                <td role="cell" className={cx(base.narrow, styles.what)}>
                  {actionName(entry.action)}
                </td>
                {!keyId && (
                  <td role="cell" className={styles.key}>
                    <Subject of={entry} />
                  </td>
                )}
                <td role="cell" className={cx(base.sub, styles.detail)}>
                  {detailOf(entry)}
                  {entry.note && <Said text={entry.note} />}
                  {!detailOf(entry) && !entry.note && <Nothing />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {failure && <Failure error={failure} what={t('audit.failed', 'The audit trail could not be read')} />}
      {older.cursor && (
        <div>
          <Button variant="secondary" disabled={busy} onClick={readMore}>
            {t('audit.more', 'Show older entries')}
          </Button>
        </div>
      )}
    </Stack>
  );
};

/** What was done exactly, but not to what: that stands before it. */
const detailOf = (entry: AuditEntry) => auditDetail({ ...entry, endpoint: undefined, pool: undefined });

/** The key, the endpoint or the pool that something was done to, with the way to it. */
const Subject = ({ of: { keyId, keyName, endpoint, pool } }: { of: AuditEntry }) => {
  const base = useStyles2(getTableStyles);
  const { href } = useHost();
  const [name, page, kind] = keyId
    ? [keyName, `keys/${keyId}`, keyId]
    : endpoint
      ? [endpoint, 'endpoints', t('audit.endpoint', 'endpoint')]
      : [pool, 'pools', t('audit.one-pool', 'pool')];
  if (!name) {
    return <Nothing />;
  }
  return (
    <>
      <TextLink href={href(page)} color="primary" inline={false}>
        {name}
      </TextLink>
      <div className={cx(base.sub, keyId && base.mono)}>{kind}</div>
    </>
  );
};

/** On a phone each entry is a card: what was done and when, to what, by whom, and the details. */
const getStyles = (theme: GrafanaTheme2) => {
  const { table, cell } = getCardStyles(theme, '"what when" "key key" "who who" "detail detail" / 1fr auto');
  const aside = { display: 'inline', marginLeft: theme.spacing(1) };
  return {
    table,
    when: cell('when', { width: 'auto', textAlign: 'right' }),
    who: cell('who', { div: aside }),
    what: cell('what', { width: 'auto', fontWeight: theme.typography.fontWeightMedium }),
    key: cell('key', { overflowWrap: 'anywhere', 'a, div': { display: 'inline' }, div: aside }),
    detail: cell('detail'),
  };
};
