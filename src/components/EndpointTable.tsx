import { css, cx } from '@emotion/css';
import { Button, TextLink, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Endpoint } from '../api/types';
import { useHost } from '../host';
import { t } from '../i18n';
import { formatTtl } from '../ttl';
import { needs, ruleNeeds, tenantOf } from './endpoint';
import { LimitsInWords } from './LimitsInWords';
import { Nothing } from './Nothing';
import { getTableStyles } from './tableStyles';
import { keysWith } from './usePools';

interface Props {
  endpoints: readonly Endpoint[];
  /** The rows are about to be replaced. */
  stale: boolean;
  /** Shows how an endpoint is used. */
  onUse: (endpoint: Endpoint) => void;
}

/** The endpoints of the gate, a row for each. */
export const EndpointTable = ({ endpoints, stale, onUse }: Props) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  return (
    <div className={base.frame}>
      <table
        className={cx(base.table, stale && base.stale)}
        aria-busy={stale}
        aria-label={t('endpoints.title', 'Endpoints')}
      >
        <thead>
          <tr>
            <th scope="col">{t('key.name', 'Name')}</th>
            <th scope="col">{t('endpoints.paths', 'Paths')}</th>
            <th scope="col">{t('endpoints.needs', 'Takes')}</th>
            <th scope="col" className={base.roomyOnly}>
              {t('endpoints.tenant', 'Tenant')}
            </th>
            <th scope="col" className={base.roomyOnly}>
              {t('key.pool', 'Pool')}
            </th>
            <th className={base.narrow} scope="col">
              <span className="sr-only">{t('key.actions', 'Actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {endpoints.map((endpoint) => (
            <tr key={endpoint.name}>
              <td className={styles.name}>
                <TextLink
                  href={keysWith('endpoint', endpoint.name, href)}
                  color="primary"
                  weight="medium"
                  inline={false}
                >
                  {endpoint.name}
                </TextLink>
                {endpoint.kind && <div className={base.sub}>{endpoint.kind}</div>}
                {!endpoint.proxied && (
                  <div className={base.sub}>{t('endpoints.auth-only', 'answers at /auth only')}</div>
                )}
              </td>
              <td className={cx(base.mono, base.sub)}>
                {endpoint.paths.length ? <Paths endpoint={endpoint} /> : <Nothing />}
              </td>
              <td>
                {needs(endpoint).join(', ')}
                <Ends onExpired={endpoint.onExpired} />
                {Object.values(endpoint.limitPerKey).some(Boolean) && (
                  <div className={base.sub}>
                    {t('endpoints.each-key', 'Each key without limits of its own:')}
                    <LimitsInWords limits={endpoint.limitPerKey} />
                  </div>
                )}
              </td>
              <td className={cx(base.roomyOnly, base.sub)}>{tenantOf(endpoint) || <Nothing />}</td>
              <td className={base.roomyOnly}>{endpoint.pool || <Nothing />}</td>
              <td className={base.narrow}>
                <Button
                  size="sm"
                  variant="secondary"
                  aria-label={t('endpoints.use-one', 'Use {{name}}', { name: endpoint.name })}
                  onClick={() => onUse(endpoint)}
                >
                  {t('token.use', 'Use it')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** What becomes of keys that have expired, unless they are denied at once. */
const Ends = ({ onExpired }: Pick<Endpoint, 'onExpired'>) => {
  const base = useStyles2(getTableStyles);
  if (!onExpired) {
    return null;
  }
  return (
    <div className={base.sub}>
      {onExpired.hold
        ? t('endpoints.held', 'Keys that expired are held for {{time}}', { time: formatTtl(onExpired.hold) })
        : t('endpoints.grace', 'Keys that expired are let in for {{time}}', { time: formatTtl(onExpired.grace ?? 0) })}
    </div>
  );
};

/** The paths of an endpoint; those with rules of their own say what they take. */
const Paths = ({ endpoint: { paths, rules } }: { endpoint: Endpoint }) => (
  <>
    {paths
      .filter((path) => !rules.some((rule) => rule.path === path))
      .map((path) => (
        <div key={path}>{path}</div>
      ))}
    {rules.map(({ path, require, methods }) => (
      <div key={path}>
        {path} {rules.length > 1 && <small>{ruleNeeds({ require, methods })}</small>}
      </div>
    ))}
  </>
);

const getStyles = () => ({ name: css({ minWidth: 110, overflowWrap: 'anywhere' }) });
