import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Dropdown, Menu, TextLink, useStyles2 } from '@grafana/ui';
import React from 'react';
import { useNavigate } from 'react-router-dom';
import { STATES, type Pool } from '../api/types';
import { count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { stateName } from './Badges';
import { MenuButton } from './MenuButton';
import { getTableStyles, phone } from './tableStyles';
import { ExactTime } from './Time';
import { keysWith } from './usePools';

/** What can be done to a pool. */
export interface PoolActions {
  rotate: (pool: Pool) => void;
  revoke: (pool: Pool) => void;
  remove: (pool: Pool) => void;
}

/** The agent pools, with how many keys each has in which state. */
export const PoolTable = ({ pools, actions, stale }: { pools: Pool[]; actions: PoolActions; stale: boolean }) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  return (
    <div className={base.frame}>
      <table
        className={cx(base.table, stale && base.stale)}
        aria-busy={stale}
        aria-label={t('pools.title', 'Agent pools')}
      >
        <thead>
          <tr>
            <th scope="col">{t('key.name', 'Name')}</th>
            {STATES.map((state) => (
              <th key={state} scope="col" className={cx(styles.number, state === 'disabled' && base.spacious)}>
                {stateName(state)}
              </th>
            ))}
            <th scope="col" className={base.spacious}>
              {t('key.created', 'Created')}
            </th>
            <th className={base.narrow} scope="col">
              <span className="sr-only">{t('key.actions', 'Actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pools.map((pool) => (
            <tr key={pool.name}>
              <td className={styles.name}>
                <TextLink href={keysWith('pool', pool.name, href)} color="primary" weight="medium" inline={false}>
                  {pool.name}
                </TextLink>
                {pool.description && <div className={base.sub}>{pool.description}</div>}
              </td>
              {STATES.map((state) => (
                <td
                  key={state}
                  className={cx(styles.number, !pool.keys[state] && base.quiet, state === 'disabled' && base.spacious)}
                >
                  {count(pool.keys[state])}
                </td>
              ))}
              <td className={base.spacious}>
                <ExactTime at={pool.createdAt} />
                <div className={base.sub}>{t('key.by', 'by {{who}}', { who: pool.createdBy })}</div>
              </td>
              <td className={base.narrow}>
                <PoolMenu pool={pool} actions={actions} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const PoolMenu = ({ pool, actions }: { pool: Pool; actions: PoolActions }) => {
  const navigate = useNavigate();
  const { href } = useHost();
  const label = t('menu.label', 'Actions for {{name}}', { name: pool.name });
  const menu = (
    <Menu ariaLabel={label}>
      <Menu.Item
        icon="key-skeleton-alt"
        label={t('pools.show-keys', 'Show its keys')}
        onClick={() => navigate(keysWith('pool', pool.name, href))}
      />
      {pool.keys.active + pool.keys.disabled > 0 && (
        <Menu.Item
          icon="sync"
          label={t('pools.rotate', 'Rotate all its keys')}
          onClick={afterMenu(() => actions.rotate(pool))}
        />
      )}
      <Menu.Divider />
      {pool.keys.active + pool.keys.disabled + pool.keys.expired > 0 && (
        <Menu.Item
          icon="times-circle"
          destructive
          label={t('pools.revoke', 'Revoke all its keys')}
          onClick={afterMenu(() => actions.revoke(pool))}
        />
      )}
      <Menu.Item
        icon="trash-alt"
        destructive
        label={t('pools.remove', 'Remove')}
        onClick={afterMenu(() => actions.remove(pool))}
      />
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <MenuButton label={label} />
    </Dropdown>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ minWidth: 180, maxWidth: 480, overflowWrap: 'anywhere', [phone(theme)]: { minWidth: 90 } }),
  number: css({
    width: theme.spacing(12),
    [phone(theme)]: { width: 'auto' },
    '&&': { textAlign: 'right' },
    fontVariantNumeric: 'tabular-nums',
  }),
});
