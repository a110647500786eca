import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { useState, type FormEvent } from 'react';
import type { IssuedKey, Key, RotateKey } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { CancelButton } from './CancelButton';
import { useCaller } from './Caller';
import { CopyButton } from './CopyButton';
import { Dialog } from './Dialog';
import { Failures } from './Failures';
import { AS_EACH, checkLifetime, defaultLifetime, toLifetime } from './lifetime';
import { LifetimeField } from './LifetimeField';
import { OverlapField } from './OverlapField';
import { download, tokensAsCsv } from './tokenFile';
import { useRotation, type Rotation, type RotationStep } from './useRotation';

interface Props {
  title: string;
  /** How many keys there are to rotate. */
  n: number;
  /** Rotates some of them. */
  step: RotationStep;
  /** The name of the file of their tokens, without its ending. */
  file: string;
  /** What else must be known before. */
  note?: string;
  /** Whether each step can give a key the lifetime that it has. */
  asEach?: boolean;
  /** Called when the dialog closes; says how many keys have a new token, and which could not be rotated. */
  onClose: (rotated: number, failed: Key[]) => void;
}

/** Gives many keys another token each, and hands the tokens over. */
export const RotateManyDialog = ({ title, n, step, file, note, asEach, onClose }: Props) => {
  const { policy } = useCaller();
  const rotation = useRotation(step);
  const [overlap, setOverlap] = useState(policy.offers.overlap);
  const [lifetime, setLifetime] = useState(() => (asEach ? AS_EACH : defaultLifetime(policy)));
  // How many of the tokens were copied or downloaded.
  const [kept, setKept] = useState(0);
  const [asking, setAsking] = useState(false);
  const { done, failed, running, open } = rotation;
  const begun = done.length + failed.length > 0 || !open;
  const how: RotateKey = { overlap: `${overlap}s`, ...toLifetime(lifetime) };

  const close = () => {
    if (running && begun) {
      return;
    }
    if (kept < done.length && !asking) {
      setAsking(true);
    } else {
      onClose(
        done.length,
        failed.map(({ key }) => key)
      );
    }
  };
  const keep = () => {
    setKept(done.length);
    setAsking(false);
  };
  return (
    <Dialog title={title} width={begun ? 820 : 640} onDismiss={close} stops={begun}>
      {begun ? (
        <Tokens
          n={n}
          file={file}
          rotation={rotation}
          onGoOn={() => rotation.run(how)}
          asking={asking}
          onKept={keep}
          onStay={() => setAsking(false)}
          onClose={close}
        />
      ) : (
        <Question
          n={n}
          note={note}
          rotation={rotation}
          onRun={() => rotation.run(how)}
          onCancel={close}
          wrong={checkLifetime(lifetime, policy)}
        >
          {(error) => (
            <>
              <OverlapField value={overlap} onChange={setOverlap} many />
              <LifetimeField value={lifetime} onChange={setLifetime} policy={policy} error={error} many={asEach} />
            </>
          )}
        </Question>
      )}
    </Dialog>
  );
};

interface QuestionProps extends Pick<Props, 'n' | 'note'> {
  rotation: Rotation;
  /** What is wrong with the lifetime. */
  wrong?: string;
  onRun: () => void;
  onCancel: () => void;
  children: (error?: string) => React.ReactNode;
}

const Question = ({ n, note, rotation: { failure, running }, wrong, onRun, onCancel, children }: QuestionProps) => {
  const [tried, setTried] = useState(false);
  const refused = failure?.fields.find(({ field }) => field.startsWith('expires'))?.detail;
  const rotate = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!wrong && !running) {
      onRun();
    }
  };
  return (
    <form onSubmit={rotate} noValidate>
      <p>
        {t('pool-rotate.what', '', {
          count: n,
          defaultValue_one: '{{count}} key gets a new token. Put it where the old one is used before the overlap ends.',
          defaultValue_other:
            '{{count}} keys get a new token each. Put them where the old ones are used before the overlap ends.',
        })}
      </p>
      {note && <p>{note}</p>}
      {failure && !refused && (
        <Alert severity="error" title={t('pool-rotate.failed', 'No key was rotated')}>
          {failure.message}
        </Alert>
      )}
      {children(tried ? (wrong ?? refused) : undefined)}
      <Modal.ButtonRow>
        <Stack gap={2}>
          <CancelButton onCancel={onCancel} />
          <Button type="submit" disabled={running} icon={running ? 'spinner' : undefined}>
            {t('pool-rotate.button', '', {
              count: n,
              defaultValue_one: 'Rotate {{count}} key',
              defaultValue_other: 'Rotate {{count}} keys',
            })}
          </Button>
        </Stack>
      </Modal.ButtonRow>
    </form>
  );
};

interface TokensProps extends Pick<Props, 'n' | 'file'> {
  rotation: Rotation;
  /** Whether to ask before tokens that were not kept are gone. */
  asking: boolean;
  onGoOn: () => void;
  onKept: () => void;
  onStay: () => void;
  onClose: () => void;
}

const Tokens = ({ n, file, rotation, asking, onGoOn, onKept, onStay, onClose }: TokensProps) => {
  const styles = useStyles2(getStyles);
  const { done, failed, failure, running, open } = rotation;
  const save = () => {
    download(`${file}.csv`, tokensAsCsv(done));
    onKept();
  };
  return (
    <>
      <p role="status">
        {t('pool-rotate.done', '', {
          count: done.length,
          defaultValue_one: '{{count}} key has a new token.',
          defaultValue_other: '{{count}} keys have a new token.',
        })}
      </p>
      {open && (
        <progress
          className={styles.bar}
          value={done.length + failed.length}
          max={Math.max(n, done.length + failed.length)}
          aria-label={t('bulk.progress', 'Progress')}
        />
      )}
      {failure && (
        <Alert severity="error" title={failure.message}>
          {t(
            'pool-rotate.stopped',
            'The rotation stopped on the way; what is done stays. Save these tokens, then go on.'
          )}
        </Alert>
      )}
      <Failures failed={failed} />
      {done.length > 0 && (
        <>
          <p>{t('pool-rotate.only-now', 'The new tokens can be saved only now: the server keeps no copy.')}</p>
          <TokenList keys={done} />
          <Stack direction="row" gap={1} wrap="wrap">
            <Button icon="arrow-down" disabled={running} onClick={save}>
              {t('pool-rotate.download', 'Download as CSV')}
            </Button>
            <CopyButton
              icon="copy"
              variant="secondary"
              disabled={running}
              getText={() => tokensAsCsv(done)}
              onClipboardCopy={onKept}
            >
              {t('pool-rotate.copy', 'Copy all')}
            </CopyButton>
          </Stack>
        </>
      )}
      {asking && (
        <Alert
          severity="warning"
          topSpacing={2}
          bottomSpacing={0}
          title={t('pool-rotate.not-kept', 'Some of the tokens were neither copied nor saved')}
        >
          {t(
            'pool-rotate.not-kept-why',
            'They cannot be shown again, because the server keeps no copy. For lost ones, rotate the keys again.'
          )}
        </Alert>
      )}
      <Modal.ButtonRow>
        <Stack gap={2}>
          {asking && (
            <Button variant="secondary" onClick={onStay}>
              {t('token.stay', 'Keep it open')}
            </Button>
          )}
          <Button variant={asking ? 'destructive' : 'secondary'} disabled={running} onClick={onClose}>
            {asking ? t('token.close-anyway', 'Close without copying') : t('token.done', 'Done')}
          </Button>
          {open && !running && <Button onClick={onGoOn}>{t('pool-rotate.go-on', 'Go on')}</Button>}
        </Stack>
      </Modal.ButtonRow>
    </>
  );
};

/** How many of the tokens are drawn: nobody reads thousands, and all are in the file. */
const SHOWN = 200;

const TokenList = ({ keys }: { keys: IssuedKey[] }) => {
  const styles = useStyles2(getStyles);
  const more = keys.length - SHOWN;
  return (
    <div className={styles.list} tabIndex={0} role="group" aria-label={t('pool-rotate.tokens', 'New tokens')}>
      <dl>
        {keys.slice(0, SHOWN).map(({ key, token }) => (
          <div key={key.id}>
            <dt>{key.name}</dt>
            <dd>
              <code data-testid="token">{token}</code>
            </dd>
          </div>
        ))}
      </dl>
      {more > 0 && (
        <p>
          {t('pool-rotate.more', '', {
            count: more,
            n: count(more),
            defaultValue_one: 'and {{n}} more, in the copy and the file',
            defaultValue_other: 'and {{n}} more, in the copy and the file',
          })}
        </p>
      )}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({
    width: '100%',
    height: theme.spacing(1),
    marginBottom: theme.spacing(2),
    accentColor: theme.colors.primary.main,
  }),
  list: css({
    maxHeight: theme.spacing(40),
    marginBottom: theme.spacing(2),
    padding: theme.spacing(1, 2),
    overflow: 'auto',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.canvas,
    'dl, p, dd': { margin: 0 },
    'dl > div': { padding: theme.spacing(0.5, 0) },
    dt: { fontWeight: theme.typography.fontWeightMedium, overflowWrap: 'anywhere' },
    code: {
      padding: 0,
      border: 0,
      background: 'none',
      whiteSpace: 'normal',
      overflowWrap: 'anywhere',
      fontSize: theme.typography.bodySmall.fontSize,
    },
  }),
});
