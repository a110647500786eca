import { Alert, Button, Combobox, Field, Input, Modal, Stack, TextLink } from '@grafana/ui';
import React, { useCallback, useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import { PERMISSIONS, type Permission, type Verdict } from '../api/types';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { Dialog } from './Dialog';
import { Failure } from './Failure';
import { permissionName } from './roles';
import { codeMeaning } from './verdicts';

/** Asks for a token and says whether it would be let in, and if not why. The token is kept nowhere. */
export const VerifyDialog = ({ onClose }: { onClose: () => void }) => {
  const [token, setToken] = useState('');
  const [permission, setPermission] = useState<Permission | ''>('');
  const [endpoint, setEndpoint] = useState('');
  const [busy, setBusy] = useState(false);
  const [verdict, setVerdict] = useState<Verdict>();
  const [failure, setFailure] = useState<ApiError>();
  const { data } = useQuery(useCallback((signal: AbortSignal) => api.endpoints(signal), []));

  /** What was said of something else is no longer shown. */
  const forget = () => {
    setVerdict(undefined);
    setFailure(undefined);
  };
  const check = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !token.trim()) {
      return;
    }
    setBusy(true);
    forget();
    try {
      setVerdict(await api.verify({ token: token.trim(), permission, endpoint }));
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };
  return (
    <Dialog title={t('verify.title', 'Check a token')} width={600} onDismiss={onClose}>
      <form onSubmit={check} noValidate>
        <p>
          {t('verify.what', 'Says whether the gate would let it in. The token is sent to the server and kept nowhere.')}
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
            onChange={(e) => {
              setToken(e.currentTarget.value);
              forget();
            }}
          />
        </Field>
        <Field htmlFor="verify-permission" label={t('verify.permission', 'It shall be able to')}>
          <Combobox<Permission | ''>
            id="verify-permission"
            value={permission}
            onChange={({ value }) => {
              setPermission(value);
              forget();
            }}
            options={[
              { value: '', label: t('verify.any', 'Anything') },
              ...PERMISSIONS.map((value) => ({ value, label: permissionName(value) })),
            ]}
          />
        </Field>
        <Field htmlFor="verify-endpoint" label={t('verify.endpoint', 'Endpoint')}>
          <Combobox
            id="verify-endpoint"
            createCustomValue
            isClearable
            placeholder={t('verify.any-endpoint', 'any')}
            options={(data?.endpoints ?? []).map(({ name, path }) => ({ value: name, label: name, description: path }))}
            value={endpoint || null}
            onChange={(option) => {
              setEndpoint(option?.value ?? '');
              forget();
            }}
          />
        </Field>
        <div aria-live="polite">{verdict && <Outcome verdict={verdict} onLeave={onClose} />}</div>
        {failure && <Failure error={failure} what={t('verify.failed', 'The token was not checked')} />}
        <Modal.ButtonRow>
          <Stack gap={2}>
            <Button type="button" variant="secondary" fill="outline" onClick={onClose}>
              {t('common.close', 'Close')}
            </Button>
            <Button type="submit" disabled={busy || !token.trim()}>
              {t('verify.button', 'Check')}
            </Button>
          </Stack>
        </Modal.ButtonRow>
      </form>
    </Dialog>
  );
};

/** What the server thinks of a token. */
const Outcome = ({ verdict: { valid, key, code, reason }, onLeave }: { verdict: Verdict; onLeave: () => void }) => {
  const { href } = useHost();
  if (valid && key) {
    const { id, name, role } = key;
    return (
      <Alert severity="success" title={t('verify.valid', 'It would be let in: “{{name}}”, {{role}}.', { name, role })}>
        {/* The link leads to another page, where the dialog is gone. */}
        <span onClick={onLeave}>
          <TextLink href={href(`keys/${id}`)}>{t('verify.to-key', 'Show the key')}</TextLink>
        </span>
      </Alert>
    );
  }
  const words = codeMeaning(code);
  return (
    <Alert severity="error" title={t('verify.refused', 'It would be refused.')}>
      <Stack direction="column" gap={0.5}>
        {words && <span>{words}</span>}
        {reason && <span lang="en">{reason}</span>}
      </Stack>
    </Alert>
  );
};
