import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Field, Input, Modal, useStyles2 } from '@grafana/ui';
import React, { useCallback, useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Import, ImportQuery } from '../api/types';
import { useQuery } from '../api/useQuery';
import { t } from '../i18n';
import { CancelButton } from './CancelButton';
import { AtAddress } from './AtAddress';
import { Dialog } from './Dialog';
import { EndpointsField } from './EndpointsField';
import { Failure } from './Failure';
import { FieldGroup } from './FieldGroup';
import { ImportTable } from './ImportTable';
import { checkLabels } from './labels';
import { LabelsField } from './LabelsField';
import { OwnerField } from './OwnerField';
import { RadioRow } from './RadioRow';
import { sentence } from './sentence';
import { useSeen } from './useSeen';

type System = ImportQuery['from'];

/** What the server takes at most, in bytes; Grafana passes no more on. */
const MOST = 16 * 2 ** 20;

const SYSTEMS: Array<{ value: System; label: string; file: string }> = [
  { value: 'grafana', label: 'Grafana', file: 'grafana.db' },
  { value: 'pyroscope', label: 'Pyroscope', file: 'pyroscope.sqlite3' },
  { value: 'uptime-kuma', label: 'Uptime Kuma', file: 'kuma.db' },
];

/** Whether a file begins as SQLite's do; another one is not sent, since it may hold anything. */
const isDatabase = async (file: File) => (await file.slice(0, 16).text()) === 'SQLite format 3\0';

/** Takes over keys of another system in three steps: its database, which keys, and what became of them. */
export const ImportDialog = ({ onClose }: { onClose: (changed: boolean) => void }) => {
  const styles = useStyles2(getStyles);
  const [from, setFrom] = useState<System>('grafana');
  const [file, setFile] = useState<File>();
  const [noDatabase, setNoDatabase] = useState<File>();
  const [endpoints, setEndpoints] = useState<string[]>([]);
  const [owner, setOwner] = useState('');
  const [labels, setLabels] = useState<string[]>([]);
  const [timezone, setTimezone] = useState('');
  const [shown, setShown] = useState<Import>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [done, setDone] = useState<Import>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const { data } = useQuery(useCallback((signal: AbortSignal) => api.endpoints(signal), []));
  const takeable = shown?.keys.filter(({ taken, changed }) => taken || changed) ?? [];
  const { file: database } = SYSTEMS.find(({ value }) => value === from)!;
  const wrongFile = !file
    ? undefined
    : file.size > MOST
      ? t('import.too-large', 'That is more than 16 MiB. Use ostiary import on the server.')
      : file === noDatabase
        ? t('import.no-database', 'That is no SQLite database. Choose the file of the other system.')
        : undefined;
  const seen = useSeen();
  const wrongLabels = checkLabels(labels);
  const wrongAt = (name: 'label' | 'owner' | 'timezone') => {
    const wrong = failure?.fields.find(({ field }) => field === name);
    return wrong && sentence(wrong);
  };
  const elsewhere = failure && !(['label', 'owner', 'timezone'] as const).some(wrongAt) ? failure : undefined;

  const ask = async (apply: boolean) => {
    if (!file) {
      return;
    }
    setBusy(true);
    setFailure(undefined);
    // All of them are meant if none is named.
    const number = apply && chosen.size < takeable.length ? [...chosen] : [];
    try {
      const answer = await api.importKeys(
        {
          from,
          apply,
          endpoint: endpoints,
          owner: owner.trim() || undefined,
          label: labels,
          number,
          timezone: (from === 'uptime-kuma' && timezone.trim()) || undefined,
        },
        file
      );
      if (apply) {
        setDone(answer);
      } else {
        setShown(answer);
        setChosen(new Set(answer.keys.filter(({ taken, changed }) => taken || changed).map((key) => key.number)));
      }
    } catch (reason) {
      setFailure(toApiError(reason));
    }
    setBusy(false);
  };
  const choose = async (picked: File | undefined) => {
    setFile(picked);
    setFailure(undefined);
    if (picked && !(await isDatabase(picked))) {
      setNoDatabase(picked);
    }
  };
  const next = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && !done && file && !wrongFile && !wrongLabels && (!shown || chosen.size)) {
      ask(Boolean(shown));
    }
  };
  const close = () => onClose(Boolean(done));
  const step = done ? 3 : shown ? 2 : 1;
  return (
    <Dialog title={t('import.title', 'Import keys')} width={820} onDismiss={close}>
      <form onSubmit={next} noValidate>
        <p className={styles.step} role="status">
          {
            {
              1: t('import.step-1', 'Step 1 of 3: the other system’s database'),
              2: t('import.step-2', 'Step 2 of 3: choose the keys'),
              3: t('import.step-3', 'Step 3 of 3: what became of them'),
            }[step]
          }
        </p>
        {/* It stays, so that who goes back still sees the file that was chosen. */}
        <div hidden={step !== 1}>
          <p>
            {t(
              'import.what',
              'Clients keep their tokens, and only their address changes. No key gets more than it had. Nothing is changed before you have seen what would be.'
            )}
          </p>
          <FieldGroup label={t('import.from', 'System')}>
            <RadioRow<System>
              aria-label={t('import.from', 'System')}
              options={SYSTEMS.map(({ value, label }) => ({ value, label }))}
              value={from}
              onChange={(system) => {
                setFrom(system);
                setFailure(undefined);
              }}
            />
          </FieldGroup>
          <Field
            htmlFor="import-file"
            label={t('import.file', 'Database')}
            description={t('import.file-help', 'Its file {{name}}, at most 16 MiB.', { name: database })}
            invalid={Boolean(wrongFile)}
            error={wrongFile}
          >
            <input
              id="import-file"
              type="file"
              className={styles.file}
              accept=".db,.sqlite,.sqlite3"
              onChange={(e) => choose(e.currentTarget.files?.[0])}
            />
          </Field>
          <AtAddress file={database} />
          <EndpointsField
            value={endpoints}
            onChange={setEndpoints}
            endpoints={data?.endpoints}
            open={data?.endpoints ?? []}
          />
          <OwnerField
            value={owner}
            onChange={(name) => {
              setOwner(name);
              setFailure(undefined);
            }}
            suggestions={seen.owners}
            description={t('import.owner-help', 'Empty: who made them there, or else you.')}
            error={wrongAt('owner')}
          />
          <LabelsField
            value={labels}
            onChange={(texts) => {
              setLabels(texts);
              setFailure(undefined);
            }}
            suggestions={seen.labels}
            error={wrongLabels ?? wrongAt('label')}
          />
          {from === 'uptime-kuma' && (
            <Field
              htmlFor="import-timezone"
              label={t('import.timezone', 'Time zone of Uptime Kuma')}
              description={t('import.timezone-help', 'Empty: what its settings say.')}
              invalid={Boolean(wrongAt('timezone'))}
              error={wrongAt('timezone')}
            >
              <Input
                id="import-timezone"
                autoComplete="off"
                placeholder="Europe/Berlin"
                value={timezone}
                onChange={(e) => {
                  setTimezone(e.currentTarget.value);
                  setFailure(undefined);
                }}
              />
            </Field>
          )}
        </div>
        {step === 2 && shown && <ImportTable report={shown} chosen={chosen} onChoose={setChosen} />}
        {step === 3 && done && <ImportTable report={done} />}
        {elsewhere && <Failure error={elsewhere} what={t('import.failed', 'No key was taken over')} />}
        <Modal.ButtonRow>
          {step === 2 && (
            <Button
              type="button"
              variant="secondary"
              fill="outline"
              onClick={() => {
                setShown(undefined);
                setFailure(undefined);
              }}
            >
              {t('import.back', 'Back')}
            </Button>
          )}
          {step === 3 ? (
            <Button type="button" variant="secondary" onClick={close}>
              {t('common.close', 'Close')}
            </Button>
          ) : (
            <CancelButton onCancel={close} />
          )}
          {step < 3 && (
            <Button
              type="submit"
              disabled={busy || !file || Boolean(wrongFile || wrongLabels) || (step === 2 && !chosen.size)}
              icon={busy ? 'spinner' : undefined}
            >
              {step === 1 ? t('import.preview', 'Preview') : t('import.apply', 'Take over')}
            </Button>
          )}
        </Modal.ButtonRow>
      </form>
    </Dialog>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  step: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  // Grafana's global styles leave it 4 px high.
  file: css({
    '&[type=file]': {
      display: 'block',
      maxWidth: '100%',
      height: 'auto',
      lineHeight: theme.typography.body.lineHeight,
      background: 'none',
    },
    '&::file-selector-button': {
      marginRight: theme.spacing(1),
      padding: theme.spacing(0.5, 2),
      border: `1px solid ${theme.colors.border.medium}`,
      borderRadius: theme.shape.radius.default,
      background: theme.colors.secondary.main,
      color: theme.colors.secondary.text,
      font: 'inherit',
      cursor: 'pointer',
    },
    '&:hover::file-selector-button': { background: theme.colors.secondary.shade },
  }),
});
