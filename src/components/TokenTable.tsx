import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { api } from '../api/client';
import type { Key, KeyToken } from '../api/types';
import { count, exactTime } from '../format';
import { t } from '../i18n';
import { StateBadge } from './Badges';
import { ConfirmDialog } from './ConfirmDialog';
import { getTableStyles } from './tableStyles';
import { Expiry, Time } from './Time';
import { notify } from './notify';
import { wasReplaced } from './replaced';
import { whoMade } from './whoMade';

interface Props {
  target: Key;
  /** Called after a token ended. */
  onChanged: () => void;
}

/** The tokens of a key, the newest first; each can end alone, as long as another one is left. */
export const TokenTable = ({ target: key, onChanged }: Props) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const [ending, setEnding] = useState<KeyToken>();
  const working = key.tokens.filter(({ state }) => state === 'active' || state === 'disabled');
  const endable = key.actions.includes('revoke') && working.length > 1;
  return (
    <div className={base.frame}>
      <table className={base.table} aria-label={t('key.tokens', 'Tokens')}>
        <thead>
          <tr>
            <th scope="col">{t('key.hint', 'Token')}</th>
            <th scope="col">{t('key.state', 'State')}</th>
            <th scope="col">{t('token.ends', 'Ends')}</th>
            <th scope="col" className={base.spacious}>
              {t('key.last-used', 'Last used')}
            </th>
            <th scope="col" className={cx(base.spacious, styles.number)}>
              {t('key.uses', 'Requests')}
            </th>
            <th scope="col" className={base.roomyOnly}>
              {t('key.created', 'Created')}
            </th>
            {endable && (
              <th scope="col" className={base.narrow}>
                <span className="sr-only">{t('key.actions', 'Actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {[...key.tokens].reverse().map((token) => (
            <tr key={token.id}>
              <td className={cx(base.mono, styles.hint)}>{token.hint}</td>
              <td>
                <StateBadge state={wasReplaced(token, key) ? 'replaced' : token.state} />
              </td>
              <td>
                <Expiry at={token.expiresAt} state={token.state} />
              </td>
              <td className={base.spacious}>
                {token.lastUsedAt ? (
                  <Time at={token.lastUsedAt} />
                ) : (
                  <span className={base.quiet}>{t('key.never-used', 'Never')}</span>
                )}
              </td>
              <td className={cx(base.spacious, styles.number)}>{count(token.useCount)}</td>
              <td className={base.roomyOnly}>
                <Time at={token.createdAt} />
                <div className={base.sub}>{whoMade(token)}</div>
              </td>
              {endable && (
                <td className={base.narrow}>
                  {working.includes(token) && (
                    <Button
                      variant="destructive"
                      fill="outline"
                      size="sm"
                      aria-label={t('token.end-one', 'End the token {{hint}} now', { hint: token.hint })}
                      onClick={() => setEnding(token)}
                    >
                      {t('token.end', 'End now')}
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {ending && (
        <ConfirmDialog
          title={t('token.end-title', 'End a token of {{name}}', { name: key.name })}
          failed={t('token.end-failed', 'The token did not end')}
          acts={[
            {
              text: t('token.end-button', 'End token'),
              run: async () => {
                await api.endToken(key.id, ending.id);
                setEnding(undefined);
                notify(t('token.ended', 'Ended a token of “{{name}}”', { name: key.name }));
                onChanged();
              },
            },
          ]}
          onCancel={() => setEnding(undefined)}
        >
          <p>
            {t(
              'token.end-consequence',
              'Everything that uses {{hint}} is refused from the next request on. The other tokens of this key go on working. This cannot be undone.',
              { hint: ending.hint }
            )}
          </p>
          <p>
            {ending.lastUsedAt
              ? t('token.end-last-used', 'It was last used {{at}}.', { at: exactTime(ending.lastUsedAt) })
              : t('end.never-used', 'It was never used.')}
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  hint: css({ fontSize: theme.typography.bodySmall.fontSize, overflowWrap: 'anywhere' }),
  number: css({ '&&': { textAlign: 'right' }, fontVariantNumeric: 'tabular-nums' }),
});
