import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, LoadingPlaceholder, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import type { Key } from '../api/types';
import { t } from '../i18n';
import { opened } from './access';
import { CopyButton } from './CopyButton';
import { Failure } from './Failure';
import { SideTabs } from './SideTabs';
import { ANY_TENANT_PLACE, CERTIFICATE_FILE, provenAt, snippets, whereToPut, type Snippet, type Use } from './snippets';
import { useGate } from './useGate';

interface Props {
  /** What the key may do that they are for. */
  of: Pick<Key, 'role' | 'pool' | 'endpoints' | 'allowedCidrs' | 'tenants'> & { name?: string };
  token: string;
  /** Which is shown first, by its id. */
  first?: string;
  /** Called when one was copied. */
  onCopied?: () => void;
}

/** Ready pieces of configuration, made for this key and this gate. */
export const Snippets = ({ of: key, token, first = '', onCopied }: Props) => {
  const styles = useStyles2(getStyles);
  const [shown, setShown] = useState(first);
  const { data, error, reload } = useGate();
  if (!data) {
    return error ? (
      <Failure error={error} what={t('token.gate-failed', 'The gate’s address could not be read')} onRetry={reload} />
    ) : (
      <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
    );
  }
  const use = { token, key, ...data };
  const tenanted = opened(key, data.endpoints)
    .filter(({ tenant }) => tenant)
    .map(({ name }) => name);
  const all = snippets(use);
  const snippet = all.find(({ id }) => id === shown) ?? all[0];
  const hint = hintFor(use, snippet);
  return (
    <>
      {provenAt(use) === undefined && (
        <Alert severity="warning" title={t('token.opens-nothing', 'This key opens nothing')}>
          {t('token.opens-nothing-why', 'Its role grants nothing that its endpoints take: {{endpoints}}.', {
            endpoints: key.endpoints.join(', '),
          })}
        </Alert>
      )}
      {!key.tenants.length && tenanted.length > 0 && (
        <Alert severity="warning" title={t('token.no-tenant', 'This key has no tenant')}>
          {t('token.no-tenant-why', 'It is refused where a tenant is needed: {{endpoints}}.', {
            endpoints: tenanted.join(', '),
          })}
        </Alert>
      )}
      <SideTabs label={t('token.use', 'Use it')} tabs={all} shown={snippet.id} onShow={setShown}>
        <div className={styles.snippet}>
          <div className={styles.head}>
            <span aria-hidden>{snippet.title}</span>
            <CopyButton
              icon="copy"
              size="sm"
              variant="secondary"
              fill="text"
              aria-label={t('token.copy-one', 'Copy: {{what}}', { what: snippet.title })}
              getText={() => snippet.text}
              onClipboardCopy={onCopied}
            >
              {t('token.copy-snippet', 'Copy')}
            </CopyButton>
          </div>
          <pre className={styles.pre} tabIndex={0} aria-label={snippet.title}>
            {snippet.text}
          </pre>
        </div>
        {hint && <p className={styles.hint}>{hint}</p>}
      </SideTabs>
    </>
  );
};

/** What else is needed before the snippet works. */
function hintFor({ gate, key }: Use & { key: Props['of'] }, { id, text }: Snippet): string {
  if (id === 'certificate') {
    return t('snippets.certificate-hint', 'Save it as {{file}} where the others are used: the gate made it itself.', {
      file: CERTIFICATE_FILE,
    });
  }
  return [
    whereToPut(id),
    text.includes(ANY_TENANT_PLACE)
      ? t('snippets.name-tenant', 'Write a tenant in the place of {{place}}.', { place: ANY_TENANT_PLACE })
      : '',
    gate.certificate && !['env', 'grafana', 'kubernetes'].includes(id)
      ? t('snippets.trust', 'The gate’s certificate is self-made: save it as {{file}}, from the last tab.', {
          file: CERTIFICATE_FILE,
        })
      : '',
    key.allowedCidrs.length
      ? t('snippets.addresses', 'It works from these addresses alone: {{addresses}}.', {
          addresses: key.allowedCidrs.join(', '),
        })
      : '',
    isLoopback(gate.url) && text.includes(new URL(gate.url).host)
      ? t(
          'snippets.here-alone',
          'Programs on other machines do not reach {{url}}: for them the operator sets gate.listen to 0.0.0.0:{{port}}.',
          { url: gate.url, port: new URL(gate.url).port }
        )
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Whether an address leads to the very machine that asks. */
const isLoopback = (url: string) => url !== '' && /^(127\.[\d.]+|\[::1\]|localhost)$/.test(new URL(url).hostname);

const getStyles = (theme: GrafanaTheme2) => ({
  snippet: css({
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.canvas,
  }),
  head: css({
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'space-between',
    padding: theme.spacing(0.5, 0.5, 0.5, 2),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  pre: css({
    minHeight: theme.spacing(16),
    maxHeight: theme.spacing(42),
    margin: 0,
    padding: theme.spacing(1.5, 2),
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    border: 0,
    background: 'none',
    fontSize: theme.typography.bodySmall.fontSize,
    // The ring of the focus lies inside the frame.
    '&:focus-visible': { outlineOffset: -2 },
  }),
  hint: css({ margin: theme.spacing(1, 0, 0), color: theme.colors.text.secondary }),
});
