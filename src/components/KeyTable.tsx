import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Icon, useStyles2 } from '@grafana/ui';
import React, { memo, useCallback, useLayoutEffect, useRef } from 'react';
import { Link } from 'react-router-dom';
import type { Key, KeysStats, KeySort } from '../api/types';
import { clockTime, count } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { StateBadge } from './Badges';
import { KeyMenu } from './KeyMenu';
import { toTexts } from './labels';
import { Nothing } from './Nothing';
import { Sparkline } from './Sparkline';
import { getTableStyles, phone } from './tableStyles';
import { Expiry, Time } from './Time';
import type { KeyActions } from './useKeyActions';
import { useRowKeys } from './useRowKeys';

interface Props {
  keys: Key[];
  sort: KeySort;
  onSort: (sort: KeySort) => void;
  /** The chosen keys by id; without it, none can be chosen. */
  selection?: { chosen: ReadonlyMap<string, Key>; onChange: (chosen: Map<string, Key>) => void };
  /** Without them the rows have no menu. */
  actions?: KeyActions;
  /** How often they were used of late, as far as it is known. */
  use?: KeysStats['keys'];
  /** The rows are about to be replaced. */
  stale: boolean;
}

/** How many labels a row shows; the others are in its title. */
const LABELS = 2;

/** One page of keys. */
export const KeyTable = ({ keys, sort, onSort, selection, actions, use, stale }: Props) => {
  const moveOn = useRowKeys();
  const base = useStyles2(getTableStyles);
  const column = { sort, onSort };
  const latest = useRef(selection);
  useLayoutEffect(() => {
    latest.current = selection;
  });
  const choose = useCallback((target: Key) => {
    const next = new Map(latest.current?.chosen);
    if (!next.delete(target.id)) {
      next.set(target.id, target);
    }
    latest.current?.onChange(next);
  }, []);

  return (
    <div className={base.frame}>
      <table className={cx(base.table, stale && base.stale)} aria-busy={stale} aria-label={t('keys.title', 'API keys')}>
        <thead>
          <tr>
            {selection && (
              <th className={base.narrow} scope="col">
                <ChooseAll keys={keys} {...selection} />
              </th>
            )}
            <SortableColumn {...column} by="name" title={t('key.name', 'Name')} />
            <th scope="col" className={base.spacious}>
              {t('key.role', 'Role')}
            </th>
            <th scope="col" className={base.roomyOnly}>
              {t('key.pool', 'Pool')}
            </th>
            <th scope="col" className={base.wideOnly}>
              {t('key.owner', 'Owner')}
            </th>
            <th scope="col" className={base.wideOnly}>
              {t('key.labels', 'Labels')}
            </th>
            <th scope="col">{t('key.state', 'State')}</th>
            <SortableColumn {...column} by="expiresAt" title={t('key.expires', 'Expires')} />
            <SortableColumn
              {...column}
              by="lastUsedAt"
              title={t('key.last-used', 'Last used')}
              className={base.spacious}
            />
            <th scope="col" className={base.wideOnly}>
              {t('keys.use', '14 days')}
            </th>
            <SortableColumn {...column} by="createdAt" title={t('key.created', 'Created')} className={base.roomyOnly} />
            {actions && (
              <th className={base.narrow} scope="col">
                <span className="sr-only">{t('key.actions', 'Actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody onKeyDown={moveOn}>
          {keys.map((key) => (
            <Row
              key={key.id}
              target={key}
              chosen={selection?.chosen.has(key.id)}
              onChoose={selection && choose}
              actions={actions}
              days={use?.[key.id]}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
};

interface RowProps {
  target: Key;
  /** Whether it is chosen; undefined where none can be. */
  chosen?: boolean;
  onChoose?: (target: Key) => void;
  actions?: KeyActions;
  /** Its use on each of the last days. */
  days?: readonly number[];
}

/** One key. A row is drawn again only when it changed: a page has a hundred, and each choice is made in one. */
const Row = memo(({ target: key, chosen, onChoose, actions, days }: RowProps) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const labels = toTexts(key.labels);
  return (
    <tr aria-selected={chosen}>
      {onChoose && (
        <td className={base.narrow}>
          <Checkbox
            value={chosen}
            aria-label={t('keys.choose-one', 'Select {{name}}', { name: key.name })}
            onChange={() => onChoose(key)}
          />
        </td>
      )}
      <td className={styles.name}>
        <div className={styles.clamp} title={key.name}>
          <Link to={href(`keys/${key.id}`)} className={styles.link}>
            {key.name}
          </Link>
        </div>
        <div className={cx(base.sub, base.mono, base.spacious, styles.hint)}>{key.hint}</div>
      </td>
      <td className={base.spacious}>{key.role}</td>
      <td className={cx(styles.cut, base.roomyOnly)} title={key.pool || undefined}>
        {key.pool || <Nothing />}
      </td>
      <td className={cx(styles.cut, base.wideOnly)} title={key.owner || undefined}>
        {key.owner || <Nothing />}
      </td>
      <td className={cx(base.wideOnly, base.sub, styles.labels)} title={labels.join('\n') || undefined}>
        {labels.slice(0, LABELS).map((label) => (
          <div key={label} className={styles.cut}>
            {label}
          </div>
        ))}
        {labels.length > LABELS &&
          t('bulk.more', '', {
            count: labels.length - LABELS,
            n: count(labels.length - LABELS),
            defaultValue_one: 'and {{n}} more',
            defaultValue_other: 'and {{n}} more',
          })}
        {!labels.length && <Nothing />}
      </td>
      <td>
        <StateBadge state={key.state} />
        {key.disabledUntil && (
          <div className={base.sub}>
            {t('key.disabled-until', 'until {{at}}', { at: clockTime(key.disabledUntil) })}
          </div>
        )}
      </td>
      <td>
        <Expiry at={key.expiresAt} state={key.state} />
      </td>
      <td className={base.spacious}>
        {key.lastUsedAt ? (
          <Time at={key.lastUsedAt} />
        ) : (
          <span className={base.quiet}>{t('key.never-used', 'Never')}</span>
        )}
        {key.lastUsedFrom && (
          <div className={base.sub}>{t('key.from', 'from {{address}}', { address: key.lastUsedFrom })}</div>
        )}
      </td>
      <td className={base.wideOnly}>{days && <Sparkline days={days} />}</td>
      <td className={base.roomyOnly}>
        <Time at={key.createdAt} />
        <div className={cx(base.sub, styles.cut)} title={key.createdBy}>
          {t('key.by', 'by {{who}}', { who: key.createdBy })}
        </div>
      </td>
      {actions && (
        <td className={base.narrow}>
          <KeyMenu target={key} actions={actions} />
        </td>
      )}
    </tr>
  );
});
Row.displayName = 'Row';

/** A column that the server can sort by; with a minus in front, the last comes first. */
type SortColumn = 'name' | 'createdAt' | 'expiresAt' | 'lastUsedAt';

const SortableColumn = ({
  by,
  title,
  className,
  sort,
  onSort,
}: { by: SortColumn; title: string; className?: string } & Pick<Props, 'sort' | 'onSort'>) => {
  const styles = useStyles2(getStyles);
  const up = sort === by;
  const down = sort === `-${by}`;
  return (
    <th scope="col" className={className} aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}>
      <button
        type="button"
        className={cx(styles.sort, (up || down) && styles.sorted)}
        onClick={() => onSort(up ? `-${by}` : by)}
      >
        {title}
        <Icon name={down ? 'arrow-down' : 'arrow-up'} size="sm" className={cx(!up && !down && styles.unsorted)} />
      </button>
    </th>
  );
};

const ChooseAll = ({ keys, chosen, onChange }: { keys: Key[] } & NonNullable<Props['selection']>) => {
  const here = keys.filter((key) => chosen.has(key.id)).length;
  const all = keys.length > 0 && here === keys.length;
  const toggle = () => {
    const next = new Map(chosen);
    keys.forEach((key) => (all ? next.delete(key.id) : next.set(key.id, key)));
    onChange(next);
  };
  return (
    <Checkbox
      value={all}
      indeterminate={here > 0 && !all}
      aria-label={t('keys.choose-all', 'Select all keys on this page')}
      onChange={toggle}
    />
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ minWidth: 180, maxWidth: 360, overflowWrap: 'anywhere', [phone(theme)]: { minWidth: 110 } }),
  // The whole name is in the title, and on the key's own page.
  clamp: css({ display: '-webkit-box', overflow: 'hidden', WebkitBoxOrient: 'vertical', WebkitLineClamp: 2 }),
  // Grafana's own text link takes its time with each address.
  link: css({
    color: theme.colors.text.primary,
    fontWeight: theme.typography.fontWeightMedium,
    '&:hover': { color: theme.colors.text.link, textDecoration: 'underline' },
  }),
  hint: css({ whiteSpace: 'nowrap' }),
  labels: css({ maxWidth: 200 }),
  cut: css({ maxWidth: 160, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  sort: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    padding: theme.spacing(0.25, 0.5),
    margin: theme.spacing(0, -0.5),
    border: 0,
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: 'inherit',
    font: 'inherit',
    '&:hover': { color: theme.colors.text.primary },
    '&:hover svg, &:focus-visible svg': { opacity: 1 },
  }),
  sorted: css({ color: theme.colors.text.primary }),
  unsorted: css({ opacity: 0 }),
});
