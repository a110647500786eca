import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Checkbox, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Import, ImportedKey } from '../api/types';
import { count, exactTime } from '../format';
import { t } from '../i18n';
import { getTableStyles } from './tableStyles';

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
  const styles = useStyles2(getStyles);
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
        <table className={base.table}>
          <thead>
            <tr>
              {chosen && (
                <th scope="col" className={base.narrow}>
                  <span className="sr-only">{t('import.take', 'Take over')}</span>
                </th>
              )}
              <th scope="col">{t('key.name', 'Name')}</th>
              <th scope="col">{t('key.role', 'Role')}</th>
              <th scope="col">{t('key.expires', 'Expires')}</th>
              <th scope="col">{t('import.outcome', 'What becomes of it')}</th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key, i) => (
              <tr key={i}>
                {chosen && (
                  <td className={base.narrow}>
                    <Checkbox
                      value={takeable(key) && chosen.has(key.number)}
                      disabled={!takeable(key)}
                      aria-label={t('keys.choose-one', 'Select {{name}}', { name: key.name })}
                      onChange={() => choose(key.number)}
                    />
                  </td>
                )}
                <td className={styles.name}>
                  {key.name}
                  <div className={base.sub}>{t('import.number', 'number {{number}}', { number: key.number })}</div>
                </td>
                <td>{key.role}</td>
                <td>{key.ends ?? (key.expiresAt ? exactTime(key.expiresAt) : t('time.never-expires', 'Never'))}</td>
                <td>
                  {outcome(key, dryRun)}
                  {[...(key.reason ? [key.reason] : []), ...(key.notes ?? [])].map((note) => (
                    <div key={note} lang="en" className={base.sub}>
                      {note}
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
    return dryRun ? t('import.will-change', 'Gets these endpoints') : t('import.changed', 'Has these endpoints now');
  }
  if (taken) {
    return dryRun ? t('import.will-take', 'Will be taken over') : t('import.taken', 'Taken over');
  }
  return t('import.skipped', 'Left out');
}

const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({ maxHeight: theme.spacing(50), overflowY: 'auto', '&&': { overflow: 'auto' } }),
  name: css({ overflowWrap: 'anywhere', minWidth: 130 }),
});
