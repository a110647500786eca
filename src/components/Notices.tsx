import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Badge, Button, LoadingPlaceholder, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback, useState } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Notice, NoticeList } from '../api/types';
import { useQuery } from '../api/useQuery';
import { relativeTime } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { Choice } from './Choice';
import { Failure } from './Failure';
import { HeadCell } from './HeadCell';
import { eventName } from './noticeEvents';
import { Said } from './Said';
import { getCardStyles, getTableStyles } from './tableStyles';
import { ExactTime } from './Time';
import { useEvery } from './useEvery';
import { notify } from './notify';

const PAGE = 20;

/** How often they are read again, in milliseconds. */
const READ_EVERY = 15_000;

type State = Notice['state'];

/** What people were told, and what could not be delivered; each can be sent again, and the channels tried. */
export const Notices = () => {
  const [state, setState] = useState<State | ''>('');
  const { data, error, reload } = useQuery(
    useCallback((signal: AbortSignal) => api.notices({ state, limit: PAGE }, signal), [state])
  );
  useEvery(READ_EVERY, reload);
  return (
    <Stack direction="column" gap={2} alignItems="stretch">
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center" justifyContent="space-between">
        <Choice<State | ''>
          label={t('key.state', 'State')}
          width={24}
          value={state}
          onChange={setState}
          options={[
            { value: '', label: t('notices.all', 'All notices') },
            ...(['pending', 'delivered', 'failed'] as const).map((value) => ({ value, label: stateWord(value) })),
          ]}
        />
        <Tests onDone={reload} />
      </Stack>
      {error && !error.temporary && (
        <Failure error={error} what={t('notices.failed', 'The notices could not be read')} onRetry={reload} />
      )}
      {!data && !error && <LoadingPlaceholder text={t('common.loading', 'Loading…')} />}
      {data?.notices.length === 0 && (
        <Text color="secondary">
          {state
            ? t('notices.none-found', 'None in this state.')
            : t(
                'notices.none',
                'Nobody was told anything yet. Where notices go is said under notices: in the server’s configuration file.'
              )}
        </Text>
      )}
      {data && data.notices.length > 0 && <List key={state} first={data} state={state} onChanged={reload} />}
    </Stack>
  );
};

interface ListProps {
  first: NoticeList;
  state: State | '';
  onChanged: () => void;
}

const List = ({ first, state, onChanged }: ListProps) => {
  const [older, setOlder] = useState<{ notices: Notice[]; cursor?: string }>({ notices: [] });
  const [failure, setFailure] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const cursor = older.cursor ?? first.nextCursor;
  const shown = new Set(first.notices.map(({ id }) => id));
  const readMore = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const page = await api.notices({ state, cursor, limit: PAGE });
      setOlder({ notices: [...older.notices, ...page.notices], cursor: page.nextCursor });
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };
  return (
    <>
      <NoticeTable
        notices={[...first.notices, ...older.notices.filter(({ id }) => !shown.has(id))]}
        onChanged={onChanged}
      />
      {failure && <Failure error={failure} what={t('notices.failed', 'The notices could not be read')} />}
      {cursor && (
        <div>
          <Button variant="secondary" disabled={busy} onClick={readMore}>
            {t('audit.more', 'Show older entries')}
          </Button>
        </div>
      )}
    </>
  );
};

const NoticeTable = ({ notices, onChanged }: { notices: readonly Notice[]; onChanged: () => void }) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  return (
    <div className={base.frame}>
      {/* The roles keep it a table for screen readers where a phone shows it as cards. */}
      <table role="table" className={cx(base.table, styles.table)} aria-label={t('notices.title', 'Notices')}>
        <thead role="rowgroup">
          <tr role="row">
            <HeadCell>{t('audit.when', 'When')}</HeadCell>
            <HeadCell>{t('audit.what', 'What')}</HeadCell>
            <HeadCell>{t('notices.to', 'To')}</HeadCell>
            <HeadCell>{t('key.state', 'State')}</HeadCell>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {notices.map((notice) => (
            <tr key={notice.id} role="row">
              <td role="cell" className={cx(base.narrow, styles.when)}>
                <ExactTime at={notice.at} />
              </td>
              <td role="cell" className={styles.what}>
                <span className={styles.event}>{eventName(notice.event)}</span>
                {notice.keyId && (
                  <>
                    {': '}
                    <TextLink href={href(`keys/${notice.keyId}`)} color="primary" inline={false}>
                      {notice.keyName || notice.keyId}
                    </TextLink>
                  </>
                )}
                <div className={base.sub}>
                  <Said text={notice.text || notice.title} />
                </div>
              </td>
              <td role="cell" className={styles.to}>
                {notice.to}
                <div className={base.sub}>{channelName(notice.channel)}</div>
              </td>
              <td role="cell" className={styles.state}>
                <StateOf notice={notice} onChanged={onChanged} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** How far a notice is, why it did not arrive, and the button that sends it again. */
const StateOf = ({ notice, onChanged }: { notice: Notice; onChanged: () => void }) => {
  const base = useStyles2(getTableStyles);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const { id, state, attempts, nextAt, error } = notice;
  const retry = async () => {
    setBusy(true);
    setFailure('');
    try {
      await api.retryNotice(id);
      notify(t('notices.again', 'The notice is sent again'));
      onChanged();
    } catch (reason) {
      setFailure(toApiError(reason).message);
    }
    setBusy(false);
  };
  return (
    <>
      <StateBadge state={state} />
      {attempts > 1 && <div className={base.sub}>{t('notices.attempts', '{{n}} attempts', { n: attempts })}</div>}
      {state === 'pending' && nextAt && (
        <div className={base.sub}>{t('notices.next', 'next {{when}}', { when: relativeTime(nextAt) })}</div>
      )}
      {error && (
        <div className={base.sub}>
          <Said text={error} />
        </div>
      )}
      {state !== 'delivered' && (
        <Button size="sm" variant="secondary" icon="sync" disabled={busy} onClick={retry}>
          {t('notices.retry', 'Send again')}
        </Button>
      )}
      {failure && <div role="alert">{failure}</div>}
    </>
  );
};

const StateBadge = ({ state }: Pick<Notice, 'state'>) => {
  const color = ({ pending: 'blue', delivered: 'green', failed: 'red' } as const)[state];
  return <Badge color={color} text={stateWord(state)} />;
};

const stateWord = (state: State): string =>
  ({
    pending: t('notices.pending', 'On its way'),
    delivered: t('notices.delivered', 'Arrived'),
    failed: t('notices.not-delivered', 'Did not arrive'),
  })[state];

const channelName = (channel: string): string =>
  ({
    webhook: t('notices.webhook', 'webhook'),
    email: t('notices.email', 'mail'),
    alertmanager: 'Alertmanager',
  })[channel] ?? channel;

/** Tries every channel, and says how each went. */
const Tests = ({ onDone }: { onDone: () => void }) => {
  const styles = useStyles2(getStyles);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Notice[]>();
  const [failure, setFailure] = useState<ApiError>();
  const run = async () => {
    setBusy(true);
    setOutcome(undefined);
    setFailure(undefined);
    try {
      setOutcome((await api.testNotices()).notices);
      onDone();
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };
  const arrived = outcome?.every(({ state }) => state === 'delivered');
  return (
    <>
      <Button variant="secondary" disabled={busy} icon={busy ? 'spinner' : undefined} onClick={run}>
        {t('notices.try', 'Send a test')}
      </Button>
      {failure && (
        <div className={styles.wide}>
          <Alert
            severity={failure.status === 409 ? 'info' : 'error'}
            title={t('notices.not-tried', 'No test was sent')}
            bottomSpacing={0}
          >
            {failure.message}
          </Alert>
        </div>
      )}
      {outcome && (
        <div className={styles.wide} role="status">
          <Alert
            severity={arrived ? 'success' : 'warning'}
            title={
              arrived
                ? t('notices.all-arrived', 'The test arrived everywhere')
                : t('notices.some-arrived', 'The test did not arrive everywhere')
            }
            bottomSpacing={0}
          >
            <ul className={styles.outcome}>
              {outcome.map(({ id, channel, to, state, error }) => (
                <li key={id}>
                  {channelName(channel)} {to}: {stateWord(state)} {error && <Said text={error} />}
                </li>
              ))}
            </ul>
          </Alert>
        </div>
      )}
    </>
  );
};

/** On a phone each notice is a card. */
const getStyles = (theme: GrafanaTheme2) => {
  const { table, cell } = getCardStyles(theme, '"what what" "when when" "to state" / 1fr 1fr');
  return {
    table,
    when: cell('when', { width: 'auto', '> *': { display: 'inline-block', marginRight: theme.spacing(1) } }),
    what: cx(css({ minWidth: 220, overflowWrap: 'anywhere', a: { display: 'inline' } }), cell('what')),
    to: cx(css({ overflowWrap: 'anywhere', minWidth: 190 }), cell('to', { minWidth: 0 })),
    state: cx(css({ minWidth: 140, button: { marginTop: theme.spacing(0.5) } }), cell('state')),
    event: css({ fontWeight: theme.typography.fontWeightMedium }),
    wide: css({ flexBasis: '100%' }),
    outcome: css({ margin: 0, paddingLeft: theme.spacing(2.5), overflowWrap: 'anywhere' }),
  };
};
