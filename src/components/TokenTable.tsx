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
import { HeadCell } from './HeadCell';
import { getCardStyles, getTableStyles } from './tableStyles';
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
      {/* The roles keep it a table for screen readers where a phone shows it as cards. */}
      <table role="table" className={cx(base.table, styles.table)} aria-label={t('key.tokens', 'Tokens')}>
        <thead role="rowgroup">
          <tr role="row">
            <HeadCell>{t('key.hint', 'Token')}</HeadCell>
            <HeadCell>{t('key.state', 'State')}</HeadCell>
            <HeadCell>{t('token.ends', 'Ends')}</HeadCell>
            <HeadCell className={base.spacious}>{t('key.last-used', 'Last used')}</HeadCell>
            <HeadCell className={cx(base.spacious, styles.number)}>{t('key.uses', 'Requests')}</HeadCell>
            <HeadCell className={base.roomyOnly}>{t('key.created', 'Created')}</HeadCell>
            {endable && (
              <HeadCell className={base.narrow}>
                <span className="sr-only">{t('key.actions', 'Actions')}</span>
              </HeadCell>
            )}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {[...key.tokens].reverse().map((token) => (
            <tr role="row" key={token.id}>
              <td role="cell" className={cx(base.mono, styles.hint)}>
                {token.hint}
              </td>
              <td role="cell" className={styles.state}>
                <StateBadge state={wasReplaced(token, key) ? 'replaced' : token.state} />
              </td>
              <td role="cell" className={styles.ends}>
                <Expiry at={token.expiresAt} state={token.state} />
              </td>
              <td role="cell" className={base.spacious}>
                {token.lastUsedAt ? (
                  <Time at={token.lastUsedAt} />
                ) : (
                  <span className={base.quiet}>{t('key.never-used', 'Never')}</span>
                )}
              </td>
              <td role="cell" className={cx(base.spacious, styles.number)}>
                {count(token.useCount)}
              </td>
              <td role="cell" className={base.roomyOnly}>
                <Time at={token.createdAt} />
                <div className={base.sub}>{whoMade(token)}</div>
              </td>
              {endable && (
                <td role="cell" className={cx(base.narrow, styles.act)}>
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

/** On a phone each is a card. */
const getStyles = (theme: GrafanaTheme2) => {
  const { table, cell } = getCardStyles(theme, '"hint state" "ends act" / 1fr auto');
  return {
    table,
    hint: cx(css({ fontSize: theme.typography.bodySmall.fontSize, overflowWrap: 'anywhere' }), cell('hint')),
    state: cell('state', { justifySelf: 'end' }),
    ends: cell('ends'),
    act: cell('act', { width: 'auto', justifySelf: 'end' }),
    number: css({ '&&': { textAlign: 'right' }, fontVariantNumeric: 'tabular-nums' }),
  };
};
