import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Dropdown, Menu, TextLink, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Endpoint, Stats } from '../api/types';
import { count, duration } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { afterMenu } from './afterMenu';
import { needs, ruleNeeds, tenantOf } from './endpoint';
import { LimitsInWords } from './LimitsInWords';
import { linkTo } from './links';
import { MenuButton } from './MenuButton';
import { Nothing } from './Nothing';
import { Said } from './Said';
import { getTableStyles, phone } from './tableStyles';
import { keysWith } from './usePools';

/** What can be done with an endpoint. */
export interface EndpointActions {
  /** Shows how it is used. */
  use: (endpoint: Endpoint) => void;
  change: (endpoint: Endpoint) => void;
  remove: (endpoint: Endpoint) => void;
}

interface Props {
  endpoints: readonly Endpoint[];
  /** How much each was asked of late; undefined while that is not known. */
  traffic?: Stats['endpoints'];
  /** The rows are about to be replaced. */
  stale: boolean;
  actions: EndpointActions;
}

/** The endpoints of the gate, a row for each. */
export const EndpointTable = ({ endpoints, traffic, stale, actions }: Props) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const changeable = endpoints.some(({ editable }) => editable);
  const use = ({ name }: Endpoint) =>
    traffic && (traffic.find(({ endpoint }) => endpoint === name) ?? { endpoint: name, allowed: 0, denied: 0 });
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
            <th scope="col" className={base.spacious}>
              {t('endpoints.paths', 'Paths')}
            </th>
            <th scope="col">{t('endpoints.needs', 'Takes')}</th>
            <th scope="col" className={base.roomyOnly}>
              {t('endpoints.tenant', 'Tenant')}
            </th>
            <th scope="col" className={base.wideOnly}>
              {t('key.pool', 'Pool')}
            </th>
            <th scope="col" className={cx(base.spacious, styles.number)}>
              {t('endpoints.traffic', 'Let in, 7 days')}
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
                <Name endpoint={endpoint} />
                <WithoutColumns endpoint={endpoint} use={use(endpoint)} />
              </td>
              <td className={cx(base.mono, base.sub, base.spacious, styles.paths)}>
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
              <td className={base.wideOnly}>{endpoint.pool || <Nothing />}</td>
              <td className={cx(base.spacious, styles.number)}>
                <Traffic use={use(endpoint)} />
              </td>
              <td className={base.narrow}>
                <div className={styles.actions}>
                  <Button
                    size="sm"
                    variant="secondary"
                    aria-label={t('endpoints.use-one', 'Use {{name}}', { name: endpoint.name })}
                    onClick={() => actions.use(endpoint)}
                  >
                    {t('endpoints.use', 'Use')}
                  </Button>
                  {endpoint.editable ? (
                    <EndpointMenu endpoint={endpoint} actions={actions} />
                  ) : (
                    changeable && <span className={styles.noMenu} />
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** The name, which leads to the keys that are limited to it, with what is behind it and why it is not in force. */
const Name = ({ endpoint }: { endpoint: Endpoint }) => {
  const base = useStyles2(getTableStyles);
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const { name, kind, proxied, upstream, source, shadowed } = endpoint;
  return (
    <>
      <TextLink href={keysWith('endpoint', name, href)} color="primary" weight="medium" inline={false}>
        {name}
      </TextLink>
      {kind && <div className={base.sub}>{kind}</div>}
      {proxied ? (
        upstream && <div className={base.sub}>{t('endpoints.upstream', 'to {{address}}', { address: upstream })}</div>
      ) : (
        <div className={base.sub}>{t('endpoints.auth-only', 'answers at /auth only')}</div>
      )}
      {source === 'store' && <div className={base.sub}>{t('endpoints.of-store', 'made here')}</div>}
      {shadowed && (
        <div className={styles.shadowed}>
          {t('endpoints.shadowed', 'Not in force:')} <Said text={shadowed} />
        </div>
      )}
    </>
  );
};

interface UseProps {
  /** How much it was asked of late; undefined while that is not known. */
  use?: Stats['endpoints'][number];
}

/** On a phone, what is known of an endpoint besides what it takes: it has no page of its own. */
const WithoutColumns = ({ endpoint, use }: UseProps & { endpoint: Endpoint }) => {
  const base = useStyles2(getTableStyles);
  const tenant = tenantOf(endpoint);
  return (
    <div className={cx(base.sub, base.crampedOnly)}>
      <div className={base.mono}>
        <Paths endpoint={endpoint} />
      </div>
      {tenant && (
        <div>{t('said', '{{name}}: {{value}}', { name: t('endpoints.tenant', 'Tenant'), value: tenant })}</div>
      )}
      {endpoint.pool && (
        <div>{t('said', '{{name}}: {{value}}', { name: t('key.pool', 'Pool'), value: endpoint.pool })}</div>
      )}
      {use && (
        <div>
          {t('said', '{{name}}: {{value}}', {
            name: t('endpoints.traffic', 'Let in, 7 days'),
            value: count(use.allowed),
          })}
          <Refused {...use} />
        </div>
      )}
    </div>
  );
};

const Traffic = ({ use }: UseProps) => (
  <>
    {use && count(use.allowed)}
    {use && <Refused {...use} />}
  </>
);

/** How many requests were refused, if any was, with the way to them. */
const Refused = ({ endpoint, denied }: Stats['endpoints'][number]) => {
  const base = useStyles2(getTableStyles);
  const { href } = useHost();
  return denied > 0 ? (
    <div className={base.sub}>
      <TextLink href={linkTo(href, 'refused', { endpoint })} color="secondary" variant="bodySmall" inline={false}>
        {t('overview.refused', '{{n}} refused', { n: count(denied) })}
      </TextLink>
    </div>
  ) : null;
};

const EndpointMenu = ({ endpoint, actions }: { endpoint: Endpoint; actions: EndpointActions }) => {
  const label = t('menu.label', 'Actions for {{name}}', { name: endpoint.name });
  const menu = (
    <Menu ariaLabel={label}>
      <Menu.Item
        icon="pen"
        label={t('endpoints.change', 'Change')}
        onClick={afterMenu(() => actions.change(endpoint))}
      />
      <Menu.Item
        icon="trash-alt"
        destructive
        label={t('pools.remove', 'Remove')}
        onClick={afterMenu(() => actions.remove(endpoint))}
      />
    </Menu>
  );
  return (
    <Dropdown overlay={menu} placement="bottom-end">
      <MenuButton label={label} />
    </Dropdown>
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
        ? t('endpoints.held', 'Keys that expired are held for {{time}}', { time: duration(onExpired.hold) })
        : t('endpoints.grace', 'Keys that expired are let in for {{time}}', { time: duration(onExpired.grace ?? 0) })}
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

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ minWidth: 110, overflowWrap: 'anywhere' }),
  paths: css({ minWidth: 120 }),
  number: css({ '&&': { textAlign: 'right' }, fontVariantNumeric: 'tabular-nums', a: { display: 'inline' } }),
  actions: css({ display: 'flex', justifyContent: 'flex-end', alignItems: 'center', gap: theme.spacing(0.5) }),
  // As wide as the menu that others have.
  noMenu: css({ width: theme.spacing(3.5), [phone(theme)]: { display: 'none' } }),
  shadowed: css({ color: theme.colors.warning.text, fontSize: theme.typography.bodySmall.fontSize }),
});
