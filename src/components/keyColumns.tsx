import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import React, { type ReactNode } from 'react';
import type { Key } from '../api/types';
import { clockTime, count } from '../format';
import { t } from '../i18n';
import { StateBadge } from './Badges';
import { COLUMNS, type ColumnId, type Columns } from './columns';
import { toTexts } from './labels';
import { Nothing } from './Nothing';
import { Sparkline } from './Sparkline';
import { getTableStyles } from './tableStyles';
import { isAnyTenant } from './tenants';
import { Expiry, Time } from './Time';
import { whoMade } from './whoMade';

/** A column that the server can sort by; with a minus in front, the last comes first. */
export type SortColumn = 'name' | 'createdAt' | 'expiresAt' | 'lastUsedAt';

/** The styles of the table's cells; the rows get them from the table, which has hundreds of cells. */
export type CellStyles = ReturnType<typeof getTableStyles> & ReturnType<typeof getCellStyles>;

/** How much room the page must have for a column, unless it was asked for. */
type Room = 'spacious' | 'roomyOnly' | 'wideOnly';

/** A column as the table shows it. */
export interface Column {
  id: ColumnId;
  sortBy?: SortColumn;
  /** Hides it where there is no room for it; empty if it is shown anyway. */
  room: Room | '';
  /** The look of its cells. */
  look?: (styles: CellStyles) => string;
  /** What is cut off where it is too long. */
  title?: (key: Key) => string;
  cell: (key: Key, styles: CellStyles, days?: readonly number[]) => ReactNode;
}

/** The columns that are shown. Those that were asked for are shown wherever the page is wider than a phone's. */
export function columnsOf(chosen: Columns): Column[] {
  return COLUMNS.filter((id) => (chosen ? chosen.includes(id) : id !== 'tenants')).map((id) => {
    const { room = '', ...column } = ALL[id];
    return { id, ...column, room: room && chosen ? 'spacious' : room };
  });
}

type Definition = Omit<Column, 'id' | 'room'> & { room?: Room };

/** How many labels or tenants a row shows; the others are in its title. */
const LISTED = 2;

const listed = (texts: readonly string[], { cut }: CellStyles) => (
  <>
    {texts.slice(0, LISTED).map((text) => (
      <div key={text} className={cut}>
        {text}
      </div>
    ))}
    {texts.length > LISTED &&
      t('bulk.more', '', {
        count: texts.length - LISTED,
        n: count(texts.length - LISTED),
        defaultValue_one: 'and {{n}} more',
        defaultValue_other: 'and {{n}} more',
      })}
    {!texts.length && <Nothing />}
  </>
);

const ALL: Record<ColumnId, Definition> = {
  role: { room: 'spacious', cell: ({ role }) => role },
  pool: {
    room: 'roomyOnly',
    look: ({ cut }) => cut,
    title: ({ pool }) => pool,
    cell: ({ pool }) => pool || <Nothing />,
  },
  owner: {
    room: 'wideOnly',
    look: ({ cut }) => cut,
    title: ({ owner }) => owner,
    cell: ({ owner }) => owner || <Nothing />,
  },
  labels: {
    room: 'wideOnly',
    look: ({ sub, list }) => cx(sub, list),
    title: ({ labels }) => toTexts(labels).join('\n'),
    cell: ({ labels }, styles) => listed(toTexts(labels), styles),
  },
  tenants: {
    room: 'wideOnly',
    look: ({ sub, list }) => cx(sub, list),
    title: ({ tenants }) => tenants.join('\n'),
    cell: ({ tenants }, styles) =>
      isAnyTenant(tenants) ? t('key-form.any-tenant', 'Any tenant') : listed(tenants, styles),
  },
  state: {
    cell: ({ state, disabledUntil }, { sub }) => (
      <>
        <StateBadge state={state} />
        {disabledUntil && (
          <div className={sub}>{t('key.disabled-until', 'until {{at}}', { at: clockTime(disabledUntil) })}</div>
        )}
      </>
    ),
  },
  expires: { sortBy: 'expiresAt', cell: ({ expiresAt, state }) => <Expiry at={expiresAt} state={state} /> },
  lastUsed: {
    room: 'spacious',
    sortBy: 'lastUsedAt',
    title: ({ lastUsedFrom }) => lastUsedFrom,
    cell: ({ lastUsedAt, lastUsedFrom }, { quiet, sub, cut }) => (
      <>
        {lastUsedAt ? <Time at={lastUsedAt} /> : <span className={quiet}>{t('key.never-used', 'Never')}</span>}
        {lastUsedFrom && (
          <div className={cx(sub, cut)}>{t('key.from', 'from {{address}}', { address: lastUsedFrom })}</div>
        )}
      </>
    ),
  },
  use: { room: 'wideOnly', cell: (_, __, days) => days && <Sparkline days={days} /> },
  created: {
    room: 'roomyOnly',
    sortBy: 'createdAt',
    cell: ({ createdAt, createdBy, hint }, { sub, cut }) => (
      <>
        <Time at={createdAt} />
        <div className={cx(sub, cut)} title={createdBy}>
          {whoMade({ createdBy, hint })}
        </div>
      </>
    ),
  },
};

/** The styles that only these cells have. */
export const getCellStyles = (_: GrafanaTheme2) => ({
  cut: css({ maxWidth: 160, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  list: css({ maxWidth: 200 }),
});
