import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import {
  Alert,
  Button,
  ClipboardButton,
  LoadingPlaceholder,
  Modal,
  Stack,
  Tab,
  TabContent,
  TabsBar,
  useStyles2,
} from '@grafana/ui';
import React, { useState } from 'react';
import type { IssuedKey, Key } from '../api/types';
import { t } from '../i18n';
import { Dialog } from './Dialog';
import { Failure } from './Failure';
import { CERTIFICATE_FILE, provenAt, snippets, type Snippet, type Use } from './snippets';
import { useGate } from './useGate';

interface Props {
  /** The new key with its token. Nothing else may hold on to it, so that it is gone when this dialog closes. */
  created: IssuedKey;
  title: string;
  onClose: () => void;
}

/** Shows a token for the only time, with ready snippets; closing asks once if nothing was copied. */
export const TokenDialog = ({ created: { key, token }, title, onClose }: Props) => {
  const styles = useStyles2(getStyles);
  const [copied, setCopied] = useState(false);
  const [asking, setAsking] = useState(false);
  const noteCopied = () => {
    setCopied(true);
    setAsking(false);
  };
  const close = () => (copied || asking ? onClose() : setAsking(true));

  return (
    <Dialog title={title} width={820} onDismiss={close}>
      <div onCopy={noteCopied}>
        <p>
          {t(
            'token.only-now',
            'This is the token of “{{name}}”. It is shown only now: store it where it is needed before you close this.',
            {
              name: key.name,
            }
          )}
        </p>
        <div className={styles.token}>
          <code data-testid="token" className={styles.code}>
            {token}
          </code>
          <ClipboardButton icon="copy" variant="primary" getText={() => token} onClipboardCopy={noteCopied}>
            {t('token.copy', 'Copy token')}
          </ClipboardButton>
        </div>

        {asking && (
          <Alert
            severity="warning"
            topSpacing={2}
            bottomSpacing={0}
            title={t('token.not-copied', 'Nothing was copied yet')}
          >
            {t(
              'token.not-copied-why',
              'The token cannot be shown again, because the server keeps no copy. If it is lost, rotate the key to get a new one.'
            )}
          </Alert>
        )}

        <h3 className={styles.heading}>{t('token.use', 'Use it')}</h3>
        <Snippets created={{ key, token }} onCopied={noteCopied} />
      </div>

      <Modal.ButtonRow>
        <Stack gap={2}>
          {asking && (
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t('token.stay', 'Keep it open')}
            </Button>
          )}
          <Button variant={asking ? 'destructive' : 'secondary'} onClick={close}>
            {asking ? t('token.close-anyway', 'Close without copying') : t('token.done', 'Done')}
          </Button>
        </Stack>
      </Modal.ButtonRow>
    </Dialog>
  );
};

/** Ready pieces of configuration, made for this key and this gate. */
const Snippets = ({ created: { key, token }, onCopied }: Pick<Props, 'created'> & { onCopied: () => void }) => {
  const styles = useStyles2(getStyles);
  const [shown, setShown] = useState('');
  const { data, error, reload } = useGate();
  if (!data) {
    return error ? (
      <Failure error={error} what={t('token.gate-failed', 'The gate’s address could not be read')} onRetry={reload} />
    ) : (
      <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
    );
  }
  const use = { token, key, ...data };
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
      <TabsBar>
        {all.map(({ id, title }) => (
          <Tab key={id} label={title} active={id === snippet.id} onChangeTab={() => setShown(id)} />
        ))}
      </TabsBar>
      <TabContent>
        <div className={styles.snippet}>
          <pre className={styles.pre} tabIndex={0} aria-label={snippet.title}>
            {snippet.text}
          </pre>
          <ClipboardButton
            className={styles.copySnippet}
            icon="copy"
            size="sm"
            variant="secondary"
            getText={() => snippet.text}
            onClipboardCopy={onCopied}
          >
            {t('token.copy-snippet', 'Copy')}
          </ClipboardButton>
        </div>
        {hint && <p className={styles.hint}>{hint}</p>}
      </TabContent>
    </>
  );
};

/** What else is needed before the snippet works. */
function hintFor({ gate, key }: Use & { key: Key }, { id }: Snippet): string {
  if (id === 'certificate') {
    return t('snippets.certificate-hint', 'Save it as {{file}} where the others are used: the gate made it itself.', {
      file: CERTIFICATE_FILE,
    });
  }
  return [
    gate.certificate && id !== 'env'
      ? t('snippets.trust', 'The gate’s certificate is self-made: save it as {{file}}, from the last tab.', {
          file: CERTIFICATE_FILE,
        })
      : '',
    key.allowedCidrs.length
      ? t('snippets.addresses', 'It works from these addresses alone: {{addresses}}.', {
          addresses: key.allowedCidrs.join(', '),
        })
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  token: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(2),
    padding: theme.spacing(1.5, 2),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.canvas,
    button: { flexShrink: 0 },
  }),
  code: css({
    flex: 1,
    padding: 0,
    border: 0,
    background: 'none',
    color: theme.colors.text.maxContrast,
    fontSize: theme.typography.body.fontSize,
    overflowWrap: 'anywhere',
    whiteSpace: 'normal',
    userSelect: 'all',
  }),
  heading: css({ ...theme.typography.h5, margin: theme.spacing(3, 0, 1) }),
  snippet: css({ position: 'relative' }),
  pre: css({
    minHeight: theme.spacing(20),
    maxHeight: theme.spacing(36),
    margin: 0,
    padding: theme.spacing(2),
    paddingRight: theme.spacing(12),
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    border: `1px solid ${theme.colors.border.weak}`,
    borderTop: 0,
    borderRadius: `0 0 ${theme.shape.radius.default} ${theme.shape.radius.default}`,
    background: theme.colors.background.canvas,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  hint: css({ margin: theme.spacing(1, 0, 0), color: theme.colors.text.secondary }),
  copySnippet: css({ position: 'absolute', top: theme.spacing(1), right: theme.spacing(1) }),
});
