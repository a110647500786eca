import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Combobox, Field, Input, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import { PERMISSIONS, type Permission } from '../api/types';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { Failure } from './Failure';
import { examine, readRequest, tokenIn, type Findings } from './findings';
import { checkAddresses, toList } from './limits';
import { permissionName } from './roles';
import { TokenFindings } from './TokenFindings';

/** Asks for a token and says whose it is, where it would be let in, and if not why. The token is kept nowhere. */
export const VerifyDialog = ({ onClose }: { onClose: () => void }) => {
  const styles = useStyles2(getStyles);
  const { can } = useCaller();
  const [token, setToken] = useState('');
  const [permission, setPermission] = useState<Permission | ''>('');
  const [address, setAddress] = useState('');
  const [typedRequest, setTypedRequest] = useState('');
  const [busy, setBusy] = useState(false);
  const [findings, setFindings] = useState<Findings>();
  const [failure, setFailure] = useState<ApiError>();
  const manages = can('manage');
  const request = readRequest(typedRequest);
  const wrongRequest = typedRequest.trim() && !request;
  const wrongAddress =
    checkAddresses(address) ?? (toList(address).length > 1 || address.includes('/') ? oneAddress() : undefined);

  /** What was said of something else is no longer shown. */
  const change = (set: () => void) => {
    set();
    setFindings(undefined);
    setFailure(undefined);
  };
  const check = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !token.trim() || wrongRequest || wrongAddress) {
      return;
    }
    setBusy(true);
    change(() => undefined);
    try {
      const endpoints = manages ? (await api.endpoints()).endpoints : [];
      setFindings(
        await examine({ token: tokenIn(token), address: address.trim(), permission, request }, endpoints, manages)
      );
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };
  return (
    <Dialog title={t('verify.whose', 'What is this token?')} width={760} onDismiss={onClose}>
      <form onSubmit={check} noValidate>
        <p>
          {t(
            'verify.what',
            'Says whose it is, and where the gate would let it in. The token is sent to the server and kept nowhere.'
          )}
        </p>
        <Field htmlFor="verify-token" label={t('verify.token', 'Token')}>
          {/* One-time codes are what browsers neither keep nor offer again. */}
          <Input
            id="verify-token"
            type="password"
            autoComplete="one-time-code"
            spellCheck={false}
            autoFocus
            value={token}
            onChange={(e) => change(() => setToken(e.currentTarget.value))}
          />
        </Field>
        <div className={styles.more}>
          <Field htmlFor="verify-permission" label={t('verify.permission', 'It shall be able to')}>
            <Combobox<Permission | ''>
              id="verify-permission"
              value={permission}
              onChange={({ value }) => change(() => setPermission(value))}
              options={[
                { value: '', label: t('verify.any', 'Anything') },
                ...PERMISSIONS.map((value) => ({ value, label: permissionName(value) })),
              ]}
            />
          </Field>
          <Field
            htmlFor="verify-address"
            label={t('verify.address', 'From the address')}
            invalid={Boolean(wrongAddress)}
            error={wrongAddress}
          >
            <Input
              id="verify-address"
              autoComplete="off"
              placeholder="10.0.0.7"
              value={address}
              onChange={(e) => change(() => setAddress(e.currentTarget.value))}
            />
          </Field>
          <Field
            htmlFor="verify-request"
            label={t('verify.request', 'With the request')}
            invalid={Boolean(wrongRequest)}
            error={wrongRequest ? t('verify.no-request', 'Write it like POST /loki/api/v1/push.') : undefined}
          >
            <Input
              id="verify-request"
              autoComplete="off"
              spellCheck={false}
              placeholder="POST /loki/api/v1/push"
              value={typedRequest}
              onChange={(e) => change(() => setTypedRequest(e.currentTarget.value))}
            />
          </Field>
        </div>
        <div aria-live="polite">
          {findings && <TokenFindings findings={findings} request={request} onLeave={onClose} />}
        </div>
        {failure && <Failure error={failure} what={t('verify.failed', 'The token was not checked')} />}
        <Modal.ButtonRow>
          <Stack gap={2}>
            <Button type="button" variant="secondary" fill="outline" onClick={onClose}>
              {t('common.close', 'Close')}
            </Button>
            <Button type="submit" disabled={busy || !token.trim()} icon={busy ? 'spinner' : undefined}>
              {t('verify.button', 'Check')}
            </Button>
          </Stack>
        </Modal.ButtonRow>
      </form>
    </Dialog>
  );
};

const oneAddress = () => t('verify.one-address', 'Write one address, such as 10.0.0.7.');

const getStyles = (theme: GrafanaTheme2) => ({
  more: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))',
    alignItems: 'start',
    gap: theme.spacing(0, 2),
  }),
});
