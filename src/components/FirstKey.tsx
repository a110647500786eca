import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Stack, TextLink, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import type { Endpoint, Key, KeyClient, Role } from '../api/types';
import { relativeTime } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { opened } from './access';
import { faultOf, faultStep } from './fault';
import { forced } from './forcedColors';
import type { Beginning } from './KeyDialogs';
import { Step } from './Step';
import { Refusal } from './TestIt';
import { UseDialog } from './UseDialog';
import { isServed, type FirstUse } from './useFirstUse';
import type { KeyActions } from './useKeyActions';
import { fromAddress, whose } from './whose';

interface Props {
  n: number;
  next: boolean;
  title: string;
  /** What the key is for, and what comes then. */
  text: string;
  /** The button that makes it. */
  make: string;
  role: Role;
  begin: Beginning;
  /** The use that is shown first, by the id of its snippet. */
  snippet: string;
  /** What became of it so far, once that is known. */
  use?: FirstUse;
  endpoints: readonly Endpoint[];
  actions: KeyActions;
}

/** A step that makes a key, says where it is pasted, and sees it arrive. */
export const FirstKey = ({ n, next, title, text, make, role, begin, snippet, use = {}, endpoints, actions }: Props) => {
  const styles = useStyles2(getStyles);
  const [shown, setShown] = useState<Endpoint>();
  const { key, client, refused } = use;
  const at = key && opened(key, endpoints).at(0);
  return (
    <Step n={n} next={next} done={isServed(use)} title={title} outcome={key && <Arrival of={key} client={client} />}>
      {key && endpoints.length > 0 && !at ? (
        <>
          <Alert
            severity="warning"
            title={t('first.opens-none', '“{{name}}” opens none of the endpoints', { name: key.name })}
          >
            {t('first.opens-none-why', 'Change which endpoints and pool it has, or make another key.')}
          </Alert>
          <Stack direction="row" gap={1} wrap="wrap">
            <Button icon="plus" onClick={() => actions.begin({ ...begin, name: '' }, snippet)}>
              {make}
            </Button>
            <Button variant="secondary" icon="pen" onClick={() => actions.edit(key)}>
              {t('edit.title', 'Edit {{name}}', { name: key.name })}
            </Button>
          </Stack>
        </>
      ) : key ? (
        <>
          {client?.fault && (
            <Alert severity="error" title={faultOf(client)}>
              {t('first.not-served', '“{{name}}” was let in, but not served.', { name: key.name })}{' '}
              {faultStep(client.fault)}
            </Alert>
          )}
          <p role="status" className={styles.waiting}>
            <span className={styles.pulse} aria-hidden />
            {t('first.waiting-for', 'Waiting for the first request with “{{name}}”…', { name: key.name })}
          </p>
          {refused && (
            <div className={styles.refused}>
              <Refusal denial={refused} />
            </div>
          )}
          <Stack direction="row" gap={1} wrap="wrap">
            {at && (
              <Button size="sm" variant="secondary" onClick={() => setShown(at)}>
                {t('first.paste', 'What to paste')}
              </Button>
            )}
            <Button size="sm" variant="secondary" onClick={() => actions.rotate(key, snippet)}>
              {t('first.lost', 'The token is lost: get a new one')}
            </Button>
          </Stack>
        </>
      ) : (
        <>
          <p>{text}</p>
          <Button icon="plus" variant={next ? 'primary' : 'secondary'} onClick={() => actions.begin(begin, snippet)}>
            {make}
          </Button>
        </>
      )}
      {shown && <UseDialog endpoint={shown} role={role} snippet={snippet} onClose={() => setShown(undefined)} />}
    </Step>
  );
};

/** Who was let in, when, and where. */
const Arrival = ({ of: { id, name, lastUsedAt, lastUsedFrom }, client }: { of: Key; client?: KeyClient }) => {
  const { href } = useHost();
  return (
    <span role="status">
      <TextLink href={href(`keys/${id}`)}>{name}</TextLink>{' '}
      {t('first.let-in', 'was let in {{when}}.', { when: relativeTime(lastUsedAt ?? '') })}{' '}
      {client ? whose(client) : lastUsedFrom && fromAddress(lastUsedFrom)}
    </span>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  waiting: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  refused: css({ margin: theme.spacing(0, 0, 2) }),
  pulse: css({
    flexShrink: 0,
    width: 8,
    height: 8,
    borderRadius: '50%',
    background: theme.colors.primary.main,
    ...forced('CanvasText'),
    [theme.transitions.handleMotion('no-preference')]: {
      animation: 'ostiary-pulse 1.6s ease-in-out infinite',
      '@keyframes ostiary-pulse': { '50%': { opacity: 0.2 } },
    },
  }),
});
