import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Modal, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import type { IssuedKey } from '../api/types';
import { t } from '../i18n';
import { CopyButton } from './CopyButton';
import { Dialog } from './Dialog';
import { Snippets } from './Snippets';
import { Refusal, TestIt } from './TestIt';
import { useFirstRequest } from './useFirstRequest';

interface Props {
  /** The new key with its token. Nothing else may hold on to it, so that it is gone when this dialog closes. */
  created: IssuedKey;
  title: string;
  /** The snippet that is shown first, by its id. */
  snippet?: string;
  onClose: () => void;
}

/** Shows a token for the only time, with ready snippets; closing asks once if nothing was copied. */
export const TokenDialog = ({ created: { key, token }, title, snippet, onClose }: Props) => {
  const styles = useStyles2(getStyles);
  const [copied, setCopied] = useState(false);
  const [asking, setAsking] = useState(false);
  const first = useFirstRequest(key.id, publicPart(token));
  const noteCopied = () => {
    setCopied(true);
    setAsking(false);
  };
  // What is in use already was put somewhere.
  const isKept = copied || first.arrived !== undefined;
  const close = () => (isKept || asking ? onClose() : setAsking(true));
  const isAsking = asking && !isKept;

  return (
    <Dialog title={title} width={960} onDismiss={close}>
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
          {/* Here, so that Enter copies: the button to close the dialog would have it otherwise. */}
          <CopyButton autoFocus icon="copy" variant="primary" getText={() => token} onClipboardCopy={noteCopied}>
            {t('token.copy', 'Copy token')}
          </CopyButton>
        </div>

        {isAsking && (
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

        {first.refused && !first.arrived && <Refusal denial={first.refused} />}

        <h3 className={styles.heading}>{t('token.use', 'Use it')}</h3>
        <Snippets of={first.now ?? key} token={token} first={snippet} onCopied={noteCopied} />
      </div>

      <Modal.ButtonRow>
        <div className={styles.buttons}>
          <TestIt {...first} />
          {isAsking && (
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t('token.stay', 'Keep it open')}
            </Button>
          )}
          <Button variant={isAsking ? 'destructive' : 'secondary'} onClick={close}>
            {isAsking ? t('token.close-anyway', 'Close without copying') : t('token.done', 'Done')}
          </Button>
        </div>
      </Modal.ButtonRow>
    </Dialog>
  );
};

/** The token's own id, which is no secret. */
const publicPart = (token: string) => token.split('_')[1];

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
    [theme.breakpoints.down('sm')]: {
      flexDirection: 'column',
      alignItems: 'stretch',
      gap: theme.spacing(1),
      button: { justifyContent: 'center' },
    },
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
  buttons: css({
    display: 'flex',
    flexWrap: 'wrap',
    flex: 1,
    alignItems: 'center',
    justifyContent: 'flex-end',
    gap: theme.spacing(1, 2),
  }),
  heading: css({ ...theme.typography.h5, margin: theme.spacing(3, 0, 1) }),
});
