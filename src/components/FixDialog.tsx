import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, LoadingPlaceholder, Modal, TextLink, useStyles2 } from '@grafana/ui';
import React, { useCallback, useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Denial } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { fixFor, fixName, type Fix } from './denialFix';
import { Dialog } from './Dialog';
import { Failure } from './Failure';
import { FormButtons } from './FormButtons';

interface Props {
  denial: Denial;
  onFixed: (text: string) => void;
  onCancel: () => void;
}

/** Shows the change to a key that would have let a request in, and makes it. */
export const FixDialog = ({ denial, onFixed, onCancel }: Props) => {
  const { policy } = useCaller();
  const { href } = useHost();
  const { keyId } = denial;
  const { data: key, error, reload } = useQuery(useCallback((signal: AbortSignal) => api.key(keyId, signal), [keyId]));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const fix = key && fixFor(denial, key, policy);

  const apply = async (event: FormEvent) => {
    event.preventDefault();
    if (!fix || busy) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await api.updateKey(keyId, fix.change);
      onFixed(t('edit.done', 'Saved “{{name}}”', { name: key.name }));
    } catch (reason) {
      setFailure(toApiError(reason));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('refused.fix-of', '{{fix}}: {{name}}', { fix: fixName(denial), name: denial.keyName })}
      width={560}
      onDismiss={onCancel}
    >
      {fix ? (
        <form onSubmit={apply} noValidate>
          <Change fix={fix} />
          {failure && (
            <Alert severity="error" title={t('enable.failed', '“{{name}}” was not changed', { name: denial.keyName })}>
              {[failure.message, ...failure.fields.map(({ detail }) => detail)].join(' ')}
            </Alert>
          )}
          <FormButtons submit={fix.text} busy={busy} onCancel={onCancel} />
        </form>
      ) : (
        <>
          {key ? (
            <p>
              {t('refused.fixed', 'The key was changed meanwhile, or something else is in the way.')}{' '}
              <TextLink href={href(`keys/${keyId}`)}>{t('refused.to-key', 'Look at the key')}</TextLink>
            </p>
          ) : error && !error.temporary ? (
            <Failure error={error} what={t('key.failed', 'The key could not be read')} onRetry={reload} />
          ) : (
            <LoadingPlaceholder text={t('common.loading', 'Loading…')} />
          )}
          <Modal.ButtonRow>
            <Button variant="secondary" onClick={onCancel}>
              {t('common.close', 'Close')}
            </Button>
          </Modal.ButtonRow>
        </>
      )}
    </Dialog>
  );
};

const Change = ({ fix: { field, from, to } }: { fix: Fix }) => {
  const styles = useStyles2(getStyles);
  return (
    <>
      <p>{t('refused.fix-what', 'From the next request on the key is changed like this:')}</p>
      <dl className={styles.change}>
        <dt>{field}</dt>
        <dd>
          <del>{from}</del>
        </dd>
        <dd>
          <ins>{to}</ins>
        </dd>
      </dl>
      <p className={styles.quiet}>{t('refused.fix-only', 'Do it only if you know who sent the request.')}</p>
    </>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  change: css({
    margin: theme.spacing(0, 0, 2),
    padding: theme.spacing(1.5, 2),
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    overflowWrap: 'anywhere',
    dt: { color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize },
    dd: { margin: theme.spacing(0.5, 0, 0) },
    del: { color: theme.colors.text.secondary },
    ins: { textDecoration: 'none', fontWeight: theme.typography.fontWeightMedium },
  }),
  quiet: css({ color: theme.colors.text.secondary }),
});
