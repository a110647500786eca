import { cx } from '@emotion/css';
import { Button, LoadingPlaceholder, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback, useState } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { AuditEntry } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { Failure } from './Failure';
import { Nothing } from './KeyTable';
import { getTableStyles } from './tableStyles';
import { Time } from './Time';

const PAGE = 50;

/** Who did what to which key, the newest first. With a key's id, what was done to that one. */
export const AuditTable = ({ keyId, version }: { keyId?: string; version?: unknown }) => {
  const read = useCallback(
    // The version stands for the key's last change, after which there is more to read.
    (signal: AbortSignal) => (void version, api.audit({ keyId, limit: PAGE }, signal)),
    [keyId, version]
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
  if (!data.entries.length) {
    return <Text color="secondary">{t('audit.empty', 'Nothing was done yet.')}</Text>;
  }
  return (
    <Entries
      key={data.entries[0].id}
      first={data.entries}
      firstCursor={data.nextCursor}
      keyId={keyId}
      stale={loading}
    />
  );
};

interface EntriesProps {
  first: AuditEntry[];
  firstCursor: string;
  keyId?: string;
  stale: boolean;
}

const Entries = ({ first, firstCursor, keyId, stale }: EntriesProps) => {
  const base = useStyles2(getTableStyles);
  const { href } = useHost();
  const [older, setOlder] = useState<{ entries: AuditEntry[]; cursor: string }>({ entries: [], cursor: firstCursor });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();

  const readMore = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const page = await api.audit({ keyId, cursor: older.cursor, limit: PAGE });
      setOlder({ entries: [...older.entries, ...page.entries], cursor: page.nextCursor });
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };

  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      <div className={base.frame}>
        <table className={cx(base.table, stale && base.stale)} aria-label={t('audit.title', 'Audit trail')}>
          <thead>
            <tr>
              <th scope="col">{t('audit.when', 'When')}</th>
              <th scope="col" className={base.roomy}>
                {t('audit.who', 'Who')}
              </th>
              <th scope="col">{t('audit.what', 'What')}</th>
              {!keyId && (
                <th scope="col" className={base.roomy}>
                  {t('audit.key', 'Key')}
                </th>
              )}
              <th scope="col">{t('audit.detail', 'Details')}</th>
            </tr>
          </thead>
          <tbody>
            {[...first, ...older.entries].map((entry) => (
              <tr key={entry.id}>
                <td className={base.narrow}>
                  <Time at={entry.at} />
                </td>
                <td>
                  {entry.actor}
                  {entry.from && (
                    <div className={base.sub}>{t('key.from', 'from {{address}}', { address: entry.from })}</div>
                  )}
                </td>
                <td className={base.narrow}>{actionName(entry.action)}</td>
                {!keyId && (
                  <td>
                    {entry.keyId ? (
                      <>
                        <TextLink href={href(`keys/${entry.keyId}`)} color="primary" inline={false}>
                          {entry.keyName}
                        </TextLink>
                        <div className={cx(base.sub, base.mono)}>{entry.keyId}</div>
                      </>
                    ) : (
                      <Nothing />
                    )}
                  </td>
                )}
                {/* The server writes English, whoever reads it. */}
                <td className={base.sub} lang={entry.detail && 'en'}>
                  {entry.detail || <Nothing />}
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

/** What was done, in words; an action that is newer than this page appears as the server calls it. */
function actionName(action: string): string {
  const names: Record<string, string> = {
    create: t('audit.create', 'Created'),
    update: t('audit.update', 'Changed'),
    enable: t('audit.enable', 'Enabled'),
    disable: t('audit.disable', 'Disabled'),
    rotate: t('audit.rotate', 'Rotated'),
    revoke: t('audit.revoke', 'Revoked'),
    delete: t('audit.delete', 'Deleted'),
    import: t('audit.import', 'Imported'),
    createPool: t('audit.create-pool', 'Pool made'),
    deletePool: t('audit.delete-pool', 'Pool removed'),
  };
  return names[action] ?? action;
}
