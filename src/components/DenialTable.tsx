import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, TextLink, useStyles2 } from '@grafana/ui';
import React, { lazy, Suspense, useCallback, useState } from 'react';
import { api } from '../api/client';
import type { Denial, Endpoint } from '../api/types';
import { useQuery } from '../api/useQuery';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { fixName, isFixable, nextStep, whyRefused } from './denialFix';
import { HeadCell } from './HeadCell';
import { meant } from './meant';
import { Nothing } from './Nothing';
import { getCardStyles, getTableStyles } from './tableStyles';
import { ExactTime } from './Time';
import { notify } from './notify';

const FixDialog = lazy(async () => ({ default: (await import('./FixDialog')).FixDialog }));

interface Props {
  denials: readonly Denial[];
  /** They are all of one key, whose page this is. */
  ofKey?: boolean;
  /** The rows are about to be replaced. */
  stale?: boolean;
  /** Called after a key was changed so that such requests are let in. */
  onFixed?: () => void;
}

/** Why requests were refused, in words and with the next step; a row may stand for many that are alike. */
export const DenialTable = ({ denials, ofKey = false, stale = false, onFixed }: Props) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const [fixing, setFixing] = useState<Denial>();
  const lost = denials.some(({ code }) => code === 'no_endpoint');
  const { data: endpoints = NONE } = useQuery(
    useCallback(async (signal: AbortSignal) => (lost ? (await api.endpoints(signal)).endpoints : NONE), [lost])
  );
  return (
    <div className={cx(base.frame, styles.frame)}>
      {/* The roles keep it a table for screen readers where a phone shows it as cards. */}
      <table
        role="table"
        className={cx(base.table, styles.table, stale && base.stale)}
        aria-busy={stale}
        aria-label={t('refused.title', 'Refused')}
      >
        <thead role="rowgroup">
          <tr role="row">
            <HeadCell>{t('audit.when', 'When')}</HeadCell>
            <HeadCell>{t('refused.why', 'Why')}</HeadCell>
            {!ofKey && <HeadCell>{t('audit.key', 'Key')}</HeadCell>}
            <HeadCell>{t('refused.request', 'Request')}</HeadCell>
            <HeadCell>{t('refused.from', 'From')}</HeadCell>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {denials.map((denial) => (
            <Row key={denial.id} denial={denial} meant={meant(denial, endpoints)} ofKey={ofKey} onFix={setFixing} />
          ))}
        </tbody>
      </table>
      {fixing && (
        <Suspense fallback={null}>
          <FixDialog
            denial={fixing}
            onFixed={(text) => {
              setFixing(undefined);
              notify(text);
              onFixed?.();
            }}
            onCancel={() => setFixing(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
};

const NONE: readonly Endpoint[] = [];

interface RowProps {
  denial: Denial;
  /** What the client may have meant; empty if that is not known. */
  meant: string;
  ofKey: boolean;
  onFix: (denial: Denial) => void;
}

const Row = React.memo(function Row({ denial, meant, ofKey, onFix }: RowProps) {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const why = whyRefused(denial);
  const next = meant || nextStep(denial);
  return (
    <tr role="row">
      <td role="cell" className={cx(base.narrow, styles.when)}>
        <ExactTime at={denial.at} />
        {denial.count > 1 && (
          <div className={styles.count}>
            <Badge
              color="orange"
              text={t('refused.times', '{{n}} times', { n: count(denial.count) })}
              tooltip={t('refused.flood', 'So many that are alike came in short time; this is the last of them.')}
            />
          </div>
        )}
      </td>
      <td role="cell" className={styles.why}>
        <div className={styles.code}>{why.text}</div>
        {why.detail && (
          <div className={base.sub} lang="en">
            {why.detail}
          </div>
        )}
        {next && <div className={styles.next}>{next}</div>}
        {isFixable(denial) && (
          <Button size="sm" variant="secondary" className={styles.fix} onClick={() => onFix(denial)}>
            {fixName(denial)}
          </Button>
        )}
      </td>
      {!ofKey && (
        <td role="cell" className={styles.key}>
          <Who denial={denial} />
        </td>
      )}
      <td role="cell" className={styles.request}>
        <div className={base.mono}>
          {denial.method} {denial.path || <Nothing />}
        </div>
        {denial.endpoint && (
          <div className={base.sub}>{t('refused.endpoint', 'endpoint {{name}}', { name: denial.endpoint })}</div>
        )}
      </td>
      <td role="cell" className={styles.from}>
        {denial.address || <Nothing />}
        {denial.userAgent && (
          <div className={cx(base.sub, base.twoLines)} title={denial.userAgent}>
            {denial.userAgent}
          </div>
        )}
      </td>
    </tr>
  );
});

/** The key whose token was sent, or what is known of the token. */
const Who = ({ denial: { keyId, keyName, tokenId } }: { denial: Denial }) => {
  const base = useStyles2(getTableStyles);
  const { href } = useHost();
  if (!keyId && !tokenId) {
    return <Nothing />;
  }
  return (
    <>
      {keyName ? (
        <TextLink href={href(`keys/${keyId}`)} color="primary" inline={false}>
          {keyName}
        </TextLink>
      ) : (
        <span className={base.quiet}>{t('refused.no-key', 'no key')}</span>
      )}
      <div className={cx(base.sub, base.mono, base.oneLine)}>{tokenId || keyId}</div>
    </>
  );
};

/** On a phone each entry is a card: why and when, whose key, what was asked for, and from where. */
const getStyles = (theme: GrafanaTheme2) => {
  const { table, cell } = getCardStyles(theme, '"when when" "why why" "key from" "request request" / 1fr 1fr');
  return {
    frame: css({ 'td[role="cell"]': { verticalAlign: 'top' } }),
    table,
    when: cell('when', { width: 'auto', '> *': { display: 'inline-block', marginRight: theme.spacing(1) } }),
    why: cx(css({ minWidth: 240 }), cell('why')),
    key: cx(css({ overflowWrap: 'anywhere', minWidth: 110 }), cell('key')),
    request: cx(
      css({
        overflowWrap: 'anywhere',
        minWidth: 215,
        '> :first-child': { fontSize: theme.typography.bodySmall.fontSize },
      }),
      cell('request')
    ),
    from: cx(css({ overflowWrap: 'anywhere', minWidth: 120 }), cell('from')),
    code: css({ fontWeight: theme.typography.fontWeightMedium }),
    next: css({ marginTop: theme.spacing(0.5), fontSize: theme.typography.bodySmall.fontSize }),
    fix: css({ marginTop: theme.spacing(0.75) }),
    count: css({ marginTop: theme.spacing(0.5) }),
  };
};
