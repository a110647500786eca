import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Checkbox, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Import, ImportedKey } from '../api/types';
import { count, exactTime } from '../format';
import { t } from '../i18n';
import { toTexts } from './labels';
import { Said } from './Said';
import { getCardStyles, getTableStyles } from './tableStyles';

interface Props {
  report: Import;
  /** The numbers of those that are meant; without them, none can be chosen. */
  chosen?: ReadonlySet<string>;
  onChoose?: (chosen: ReadonlySet<string>) => void;
}

const takeable = ({ taken, changed }: ImportedKey) => taken || Boolean(changed);

/** The keys of another system, with what became of each, or would. */
export const ImportTable = ({ report: { keys, dryRun }, chosen, onChoose }: Props) => {
  const base = useStyles2(getTableStyles);
  const hasOwners = keys.some(({ owner }) => owner);
  const hasLabels = keys.some(({ labels }) => toTexts(labels ?? {}).length);
  const styles = useStyles2(getStyles, Boolean(chosen), hasOwners, hasLabels);
  if (!keys.length) {
    return <p>{t('import.none', 'That database has no keys.')}</p>;
  }
  const good = keys.filter(takeable).length;
  const choose = (number: string) => {
    const next = new Set(chosen);
    if (!next.delete(number)) {
      next.add(number);
    }
    onChoose?.(next);
  };
  return (
    <>
      <p>
        {dryRun
          ? t('import.would', '{{n}} of {{total}} keys can be taken over.', {
              n: count(good),
              total: count(keys.length),
            })
          : t('import.did', '{{n}} of {{total}} keys were taken over.', { n: count(good), total: count(keys.length) })}
      </p>
      <div className={cx(base.frame, styles.frame)} tabIndex={0} role="group" aria-label={t('keys.title', 'API keys')}>
        <table role="table" className={cx(base.table, styles.table)} aria-label={t('keys.title', 'API keys')}>
          <thead role="rowgroup">
            <tr role="row">
              {chosen && (
                <th role="columnheader" scope="col" className={base.narrow}>
                  <span className="sr-only">{t('import.take', 'Take over')}</span>
                </th>
              )}
              <th role="columnheader" scope="col">
                {t('key.name', 'Name')}
              </th>
              <th role="columnheader" scope="col">
                {t('key.role', 'Role')}
              </th>
              {hasOwners && (
                <th role="columnheader" scope="col">
                  {t('key.owner', 'Owner')}
                </th>
              )}
              {hasLabels && (
                <th role="columnheader" scope="col">
                  {t('key.labels', 'Labels')}
                </th>
              )}
              <th role="columnheader" scope="col">
                {t('key.expires', 'Expires')}
              </th>
              <th role="columnheader" scope="col">
                {t('import.outcome', 'What becomes of it')}
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {keys.map((key, i) => (
              <tr role="row" key={i}>
                {chosen && (
                  <td role="cell" className={cx(base.narrow, styles.take)}>
                    <Checkbox
                      value={takeable(key) && chosen.has(key.number)}
                      disabled={!takeable(key)}
                      aria-label={t('keys.choose-one', 'Select {{name}}', { name: key.name })}
                      onChange={() => choose(key.number)}
                    />
                  </td>
                )}
                <td role="cell" className={styles.name}>
                  {key.name}
                  <div className={base.sub}>{t('import.number', 'number {{number}}', { number: key.number })}</div>
                </td>
                <td role="cell" className={styles.role}>
                  {key.role}
                </td>
                {hasOwners && (
                  <td role="cell" className={styles.owner}>
                    {key.owner}
                  </td>
                )}
                {hasLabels && (
                  <td role="cell" className={styles.labels}>
                    {toTexts(key.labels ?? {}).join(', ')}
                  </td>
                )}
                <td role="cell" className={styles.ends}>
                  {key.ends ?? (key.expiresAt ? exactTime(key.expiresAt) : t('time.never-expires', 'Never'))}
                </td>
                <td role="cell" className={styles.outcome}>
                  {outcome(key, dryRun)}
                  {[...(key.reason ? [key.reason] : []), ...(key.notes ?? [])].map((note) => (
                    <div key={note} className={base.sub}>
                      <Said text={note} />
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};

function outcome({ taken, changed }: ImportedKey, dryRun: boolean): string {
  if (changed) {
    return dryRun ? t('import.will-change', 'Gets what is chosen') : t('import.changed', 'Has what is chosen now');
  }
  if (taken) {
    return dryRun ? t('import.will-take', 'Will be taken over') : t('import.taken', 'Taken over');
  }
  return t('import.skipped', 'Left out');
}

/** On a phone each is a card. */
const getStyles = (theme: GrafanaTheme2, choosing: boolean, hasOwners: boolean, hasLabels: boolean) => {
  const rows = [
    'name role',
    'outcome ends',
    ...(hasOwners ? ['owner owner'] : []),
    ...(hasLabels ? ['labels labels'] : []),
  ];
  const areas = rows.map((row) => (choosing ? `"take ${row}"` : `"${row}"`)).join(' ');
  const { table, cell } = getCardStyles(theme, `${areas} / ${choosing ? 'auto 1fr auto' : '1fr auto'}`);
  return {
    frame: css({ maxHeight: theme.spacing(50), overflowY: 'auto', '&&': { overflow: 'auto' } }),
    table,
    take: cell('take', { width: 'auto' }),
    name: cx(css({ overflowWrap: 'anywhere', minWidth: 130 }), cell('name')),
    role: cell('role', { justifySelf: 'end' }),
    owner: cx(css({ overflowWrap: 'anywhere', minWidth: 100 }), cell('owner')),
    labels: cx(css({ overflowWrap: 'anywhere', minWidth: 100 }), cell('labels')),
    ends: cell('ends', { justifySelf: 'end' }),
    outcome: cell('outcome'),
  };
};
