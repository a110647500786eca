import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Icon, useStyles2 } from '@grafana/ui';
import React, { memo, useCallback, useLayoutEffect, useMemo, useRef } from 'react';
import { Link } from 'react-router-dom';
import type { Key, KeysStats, KeySort } from '../api/types';
import { useHost } from '../host';
import { t } from '../i18n';
import { columnName, type Columns } from './columns';
import { columnsOf, getCellStyles, type CellStyles, type Column, type SortColumn } from './keyColumns';
import { KeyMenu } from './KeyMenu';
import { getTableStyles, phone } from './tableStyles';
import { useDrawn } from './useDrawn';
import type { KeyActions } from './useKeyActions';
import { useOverflow } from './useOverflow';
import { useRowKeys } from './useRowKeys';

interface Props {
  keys: Key[];
  columns: Columns;
  sort: KeySort;
  onSort: (sort: KeySort) => void;
  /** The chosen keys by id; without it, none can be chosen. */
  selection?: { chosen: ReadonlyMap<string, Key>; onChange: (chosen: Map<string, Key>) => void; disabled?: boolean };
  /** Without them the rows have no menu. */
  actions?: KeyActions;
  /** How often they were used of late, as far as it is known. */
  use?: KeysStats['keys'];
  /** The rows are about to be replaced. */
  stale: boolean;
}

/** One page of keys. */
export const KeyTable = ({ keys, columns, sort, onSort, selection, actions, use, stale }: Props) => {
  const moveOn = useRowKeys();
  const base = useStyles2(getTableStyles);
  const own = useStyles2(getStyles);
  const cells = useStyles2(getCellStyles);
  const styles = useMemo(() => ({ ...base, ...cells, ...own }), [base, cells, own]);
  const shown = useMemo(() => columnsOf(columns), [columns]);
  const drawn = useDrawn(keys.length);
  const frame = useRef<HTMLDivElement>(null);
  const wide = useOverflow(frame, Boolean(columns), shown);
  const busy = stale || drawn < keys.length;
  const sorting = { sort, onSort };
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
    <div ref={frame} className={cx(styles.frame, wide && styles.scrolled)}>
      <table
        className={cx(styles.table, stale && styles.stale)}
        aria-busy={busy}
        aria-label={t('keys.title', 'API keys')}
      >
        <thead>
          <tr>
            {selection && (
              <th className={styles.narrow} scope="col">
                <ChooseAll keys={keys} {...selection} />
              </th>
            )}
            <SortableColumn {...sorting} by="name" title={t('key.name', 'Name')} />
            {shown.map(({ id, sortBy, room }) =>
              sortBy ? (
                <SortableColumn
                  key={id}
                  {...sorting}
                  by={sortBy}
                  title={columnName(id)}
                  className={room && styles[room]}
                />
              ) : (
                <th key={id} scope="col" className={room && styles[room]}>
                  {columnName(id)}
                </th>
              )
            )}
            {actions && (
              <th className={styles.narrow} scope="col">
                <span className="sr-only">{t('key.actions', 'Actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody onKeyDown={moveOn}>
          {keys.slice(0, drawn).map((key) => (
            <Row
              key={key.id}
              target={key}
              columns={shown}
              styles={styles}
              chosen={selection?.chosen.has(key.id)}
              onChoose={selection && choose}
              fixed={selection?.disabled}
              actions={actions}
              days={use?.[key.id]}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
};

type Styles = CellStyles & ReturnType<typeof getStyles>;

interface RowProps {
  target: Key;
  columns: readonly Column[];
  styles: Styles;
  /** Whether it is chosen; undefined where none can be. */
  chosen?: boolean;
  onChoose?: (target: Key) => void;
  /** Whether the choice stays as it is for now. */
  fixed?: boolean;
  actions?: KeyActions;
  /** Its use on each of the last days. */
  days?: readonly number[];
}

/** One key. A row is drawn again only when it changed: a page has a hundred, and each choice is made in one. */
const Row = memo(({ target: key, columns, styles, chosen, onChoose, fixed, actions, days }: RowProps) => {
  const { href } = useHost();
  return (
    <tr aria-selected={chosen}>
      {onChoose && (
        <td className={styles.narrow}>
          <Checkbox
            value={chosen}
            disabled={fixed}
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
        <div className={styles.hint}>{key.hint}</div>
      </td>
      {columns.map(({ id, room, look, title, cell }) => (
        <td key={id} className={cx(room && styles[room], look?.(styles))} title={title?.(key) || undefined}>
          {cell(key, styles, days)}
        </td>
      ))}
      {actions && (
        <td className={styles.narrow}>
          <KeyMenu target={key} actions={actions} />
        </td>
      )}
    </tr>
  );
});
Row.displayName = 'Row';

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

const ChooseAll = ({ keys, chosen, onChange, disabled }: { keys: Key[] } & NonNullable<Props['selection']>) => {
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
      disabled={disabled}
      indeterminate={here > 0 && !all}
      aria-label={t('keys.choose-all', 'Select all keys on this page')}
      onChange={toggle}
    />
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ minWidth: 180, maxWidth: 360, overflowWrap: 'anywhere', [phone(theme)]: { minWidth: 84 } }),
  // The whole name is in the title, and on the key's own page.
  clamp: css({ display: '-webkit-box', overflow: 'hidden', WebkitBoxOrient: 'vertical', WebkitLineClamp: 2 }),
  // Grafana's own text link takes its time with each address.
  link: css({
    color: theme.colors.text.primary,
    fontWeight: theme.typography.fontWeightMedium,
    '&:hover': { color: theme.colors.text.link, textDecoration: 'underline' },
  }),
  hint: cx(
    getTableStyles(theme).sub,
    getTableStyles(theme).mono,
    getTableStyles(theme).spacious,
    css({ whiteSpace: 'nowrap' })
  ),
  // What was asked for is there, if not all at once; the head scrolls away with it.
  scrolled: css({ '&&': { overflow: 'auto' } }),
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
