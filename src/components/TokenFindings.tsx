import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Stack, TextLink, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Key, Verdict } from '../api/types';
import { useHost } from '../host';
import { t } from '../i18n';
import { StateBadge } from './Badges';
import { codeName } from './codes';
import type { Findings, TypedRequest } from './findings';
import { Glyph } from './Glyph';
import { permissionName } from './roles';
import { Said } from './Said';
import { phone } from './tableStyles';
import { isAnyTenant } from './tenants';
import { Expiry } from './Time';
import { codeMeaning } from './verdicts';

interface Props {
  findings: Findings;
  /** The request that was asked about. */
  request?: TypedRequest;
  /** Called when a link to another page is followed. */
  onLeave: () => void;
}

/** What was found out about a token. */
export const TokenFindings = ({ findings, request, onLeave }: Props) => {
  const { overall, key, resembles, at } = findings;
  const somewhere = overall.valid || at.some(({ verdict }) => verdict.valid);
  const asked = findings.request;
  const refused = somewhere && asked && !asked.valid ? asked : overall;
  return (
    <>
      {key && (asked ? asked.valid : somewhere) ? (
        <Alert
          severity="success"
          title={t('verify.valid', 'It would be let in: “{{name}}”, {{role}}.', { name: key.name, role: key.role })}
        >
          <Whose of={key} onLeave={onLeave} />
        </Alert>
      ) : (
        <Alert
          severity="error"
          title={
            refused === asked
              ? t('verify.request-refused', 'It would be refused with this request.')
              : t('verify.refused', 'It would be refused.')
          }
        >
          <Stack direction="column" gap={0.5}>
            <span>{codeMeaning(refused.code) ?? codeName(refused.code)}</span>
            {refused.reason && (
              <span>
                <Said text={refused.reason} />
              </span>
            )}
            {resembles && (
              <span>
                {t(
                  'verify.resembles',
                  'Its public part is that of “{{name}}”, but the rest is not: it was not copied as a whole, or is made up.',
                  { name: resembles.name }
                )}
              </span>
            )}
            {(key ?? resembles) && <Whose of={(key ?? resembles)!} onLeave={onLeave} />}
          </Stack>
        </Alert>
      )}
      {(at.length > 0 || asked) && <Where findings={findings} request={request} />}
    </>
  );
};

/** Whose token it is. */
const Whose = ({ of: key, onLeave }: { of: Key; onLeave: () => void }) => {
  const { href } = useHost();
  return (
    <Stack direction="row" gap={2} wrap="wrap" alignItems="center">
      <StateBadge state={key.state} />
      {key.owner && <span>{t('verify.owner', 'Owner: {{owner}}', { owner: key.owner })}</span>}
      {key.tenants.length > 0 && (
        <span>
          {t('verify.tenants', 'Tenants: {{tenants}}', {
            tenants: isAnyTenant(key.tenants) ? t('key-form.any-tenant', 'Any tenant') : key.tenants.join(', '),
          })}
        </span>
      )}
      <span>
        {t('key.expires', 'Expires')}: <Expiry at={key.expiresAt} state={key.state} />
      </span>
      {/* The link leads to another page, where the dialog is gone. */}
      <span onClick={onLeave}>
        <TextLink href={href(`keys/${key.id}`)}>{t('verify.to-key', 'Show the key')}</TextLink>
      </span>
    </Stack>
  );
};

/** Whether it would be let in at each endpoint, and why not. */
const Where = ({ findings, request }: Pick<Props, 'findings' | 'request'>) => {
  const styles = useStyles2(getStyles);
  const { at, request: asked } = findings;
  return (
    <table role="table" className={styles.table} aria-label={t('verify.where', 'Where it would be let in')}>
      <tbody role="rowgroup">
        {asked && request && (
          <tr role="row" className={styles.asked}>
            <th role="rowheader" scope="row">
              <code>
                {request.method} {request.path}
              </code>
              <div className={styles.note}>{leadsTo(asked)}</div>
            </th>
            <td role="cell">
              <Outcome verdict={asked} />
            </td>
          </tr>
        )}
        {at.map(({ endpoint, verdict }) => (
          <tr role="row" key={endpoint.name}>
            <th role="rowheader" scope="row">
              {endpoint.name}
              <div className={styles.note}>{endpoint.path}</div>
            </th>
            <td role="cell">
              <Outcome verdict={verdict} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

/** Where a request leads, and what it takes there; nothing if it leads nowhere. */
const leadsTo = ({ endpoint, permission }: Verdict) =>
  endpoint &&
  (permission && permission !== 'none'
    ? t('verify.takes', '{{endpoint}}, to {{permission}}', { endpoint, permission: permissionName(permission) })
    : t('verify.open', '{{endpoint}}, which takes no key for it', { endpoint }));

const Outcome = ({ verdict: { valid, code, reason } }: { verdict: Verdict }) => {
  const styles = useStyles2(getStyles);
  return (
    <>
      <span className={valid ? styles.good : styles.bad}>
        <Glyph name={valid ? 'check' : 'cross'} size={12} />
        {valid ? t('verify.let-in', 'Let in') : codeName(code)}
      </span>
      {!valid && reason && (
        <div className={styles.note}>
          <Said text={reason} />
        </div>
      )}
    </>
  );
};

const getStyles = (theme: GrafanaTheme2) => {
  const outcome = { display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.75) };
  return {
    table: css({
      width: '100%',
      borderCollapse: 'collapse',
      'th, td': {
        padding: theme.spacing(0.75, 1),
        borderTop: `1px solid ${theme.colors.border.weak}`,
        textAlign: 'left',
        verticalAlign: 'top',
        fontWeight: theme.typography.fontWeightRegular,
        overflowWrap: 'anywhere',
      },
      th: { width: '40%' },
      // A phone has no room for both next to each other.
      [phone(theme)]: {
        'tr, th, td': { display: 'block', width: 'auto' },
        'th, td': { padding: theme.spacing(0.5, 0.5) },
        td: { borderTop: 0 },
      },
    }),
    asked: css({ background: theme.colors.background.secondary }),
    note: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
    good: css({ ...outcome, color: theme.colors.success.text }),
    bad: css({ ...outcome, color: theme.colors.error.text }),
  };
};
