import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { RemovedEndpoint } from '../api/types';
import { t } from '../i18n';
import { Nothing } from './Nothing';
import { Part } from './Part';
import { getTableStyles } from './tableStyles';
import { ExactTime } from './Time';

interface Props {
  removed: readonly RemovedEndpoint[];
  /** Makes one again, where that is allowed. */
  onMakeAgain?: (endpoint: RemovedEndpoint) => void;
}

/** Endpoints that were removed, which nobody passes any longer: who misses one finds here why, and has it back. */
export const RemovedEndpoints = ({ removed, onMakeAgain }: Props) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const title = t('endpoints.were-removed', 'Removed endpoints');
  return (
    <Part title={title}>
      <p className={base.quiet}>
        {t('endpoints.stay-closed', 'By their names and at their paths nobody is let in, until they are made again.')}
      </p>
      <div className={base.frame}>
        <table className={base.table} aria-label={title}>
          <thead>
            <tr>
              <th scope="col">{t('key.name', 'Name')}</th>
              <th scope="col" className={base.spacious}>
                {t('endpoints.paths', 'Paths')}
              </th>
              <th scope="col">{t('endpoints.removed-at', 'Removed')}</th>
              {onMakeAgain && (
                <th className={base.narrow} scope="col">
                  <span className="sr-only">{t('key.actions', 'Actions')}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {removed.map((endpoint) => (
              <tr key={endpoint.name}>
                <td className={styles.name}>{endpoint.name}</td>
                <td className={cx(base.mono, base.sub, base.spacious)}>
                  {endpoint.paths.length ? endpoint.paths.map((path) => <div key={path}>{path}</div>) : <Nothing />}
                </td>
                <td>
                  <ExactTime at={endpoint.removed.at} />
                  <div className={base.sub}>{t('key.by', 'by {{who}}', { who: endpoint.removed.by })}</div>
                </td>
                {onMakeAgain && (
                  <td className={base.narrow}>
                    <Button
                      size="sm"
                      variant="secondary"
                      aria-label={t('endpoints.make-one-again', 'Make {{name}} again', { name: endpoint.name })}
                      onClick={() => onMakeAgain(endpoint)}
                    >
                      {t('endpoints.make-again', 'Make again')}
                    </Button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Part>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ minWidth: 90, overflowWrap: 'anywhere', fontWeight: theme.typography.fontWeightMedium }),
});
