import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, TextLink, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef } from 'react';
import type { CheckedEndpoint, FieldError } from '../api/types';
import { count, relativeTime } from '../format';
import { useHost } from '../host';
import { t } from '../i18n';
import { fieldName } from './fieldName';
import { Said } from './Said';

interface Props {
  outcome: CheckedEndpoint;
  /** Whether the endpoint is a new one, which nobody uses. */
  isNew?: boolean;
  /** Has the program told the tenant, as it wants. */
  onNameTenant?: () => void;
}

/** What would come of a change to an endpoint: does the program behind it answer, and who would be refused? */
export const CheckedChange = ({ outcome: { upstream, warnings, affected }, isNew, onNameTenant }: Props) => {
  const place = useRef<HTMLDivElement>(null);
  // Below a long form it would be out of sight, and the button that saves is not.
  useEffect(() => {
    // In braces: newer browsers give a promise back, which React would call when the dialog closes.
    place.current?.scrollIntoView({ block: 'center' });
  }, []);
  return (
    <div ref={place} role="status">
      {upstream && <Upstream {...upstream} onNameTenant={onNameTenant} />}
      {!upstream?.noTenant && (
        <>
          <Warnings
            title={t('endpoint-check.together', 'Tenants would not be kept apart')}
            warnings={warnings.filter(isOfTenants)}
          />
          <Warnings
            title={t('endpoint-check.opens', 'It would open what was closed')}
            warnings={warnings.filter((one) => !isOfTenants(one))}
          />
        </>
      )}
      {affected.length > 0 ? (
        <Affected affected={affected} />
      ) : (
        !isNew &&
        warnings.length === 0 && (
          <Alert
            severity="success"
            title={t('endpoint-check.nobody', 'Nobody who was let in over the last 7 days would be refused')}
          />
        )
      )}
    </div>
  );
};

const isOfTenants = ({ field }: FieldError) => field === 'tenant';

const Warnings = ({ title, warnings }: { title: string; warnings: FieldError[] }) =>
  warnings.length === 0 ? null : (
    <Alert severity="warning" title={title}>
      {warnings.map(({ field, detail }) => (
        <div key={detail}>
          {fieldName(field)}: <Said text={detail} />
        </div>
      ))}
    </Alert>
  );

type UpstreamProps = NonNullable<CheckedEndpoint['upstream']> & Pick<Props, 'onNameTenant'>;

const Upstream = ({ reachable, status, ownLogin, noTenant, expected, detail, onNameTenant }: UpstreamProps) => {
  const styles = useStyles2(getStyles);
  if (!reachable) {
    return (
      <Alert severity="warning" title={t('endpoint-check.unreachable', 'The program behind it does not answer')}>
        <Said text={detail} />
      </Alert>
    );
  }
  if (ownLogin) {
    return (
      <Alert severity="warning" title={t('endpoint-check.own-login', 'The program behind it wants a login of its own')}>
        {t(
          'endpoint-check.own-login-why',
          'Keys of Ostiary do not open it. Switch its own login off, or set it in the file.'
        )}
      </Alert>
    );
  }
  if (noTenant) {
    return (
      <Alert
        severity="warning"
        title={t('endpoint-check.no-tenant', 'The program behind it keeps tenants apart, and would be told none')}
      >
        {t(
          'endpoint-check.no-tenant-why',
          'It refuses who names none, and believes who names any, whatever the key. Then give each key the tenants it acts for.'
        )}
        {onNameTenant && (
          <div className={styles.remedy}>
            <Button size="sm" variant="secondary" onClick={onNameTenant}>
              {t('endpoint-check.name-tenant', 'Tell it by header')}
            </Button>
          </div>
        )}
      </Alert>
    );
  }
  if (!expected) {
    return (
      <Alert severity="warning" title={t('endpoint-check.strange', 'Something answers, but not as it should')}>
        <Said text={detail} />
      </Alert>
    );
  }
  return (
    <Alert
      severity="success"
      title={
        status < 400
          ? t('endpoint-check.reachable', 'The program behind it answers, with status {{status}}', { status })
          : t('endpoint-check.answers', 'The program behind it answers')
      }
    />
  );
};

const Affected = ({ affected }: Pick<CheckedEndpoint, 'affected'>) => {
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  // A key stands there once for each path and method.
  const keys = new Set(affected.map(({ keyId }) => keyId)).size;
  return (
    <Alert
      severity="warning"
      title={t('endpoint-check.affected', '', {
        count: keys,
        n: count(keys),
        defaultValue_one: '{{n}} key that was let in over the last 7 days would be refused',
        defaultValue_other: '{{n}} keys that were let in over the last 7 days would be refused',
      })}
    >
      <ul className={styles.list}>
        {affected.map(({ keyId, keyName, requests, lastAt, endpoint, path, method, certain, reason }) => (
          <li key={`${keyId} ${endpoint} ${method} ${path}`}>
            <TextLink href={href(`keys/${keyId}`)}>{keyName || keyId}</TextLink>{' '}
            {path && (
              <>
                <code>{[method, path].filter(Boolean).join(' ')}</code>{' '}
              </>
            )}
            {!certain && <b>{t('endpoint-check.perhaps', 'perhaps, or some of it')}</b>}
            <div className={styles.why}>
              {t('endpoint-check.used', '', {
                count: requests,
                n: count(requests),
                when: relativeTime(lastAt),
                defaultValue_one: '{{n}} request, {{when}}.',
                defaultValue_other: '{{n}} requests, last {{when}}.',
              })}{' '}
              <Said text={reason} />
            </div>
          </li>
        ))}
      </ul>
    </Alert>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  why: css({ color: theme.colors.text.secondary }),
  remedy: css({ marginTop: 8 }),
  list: css({
    'li + li': { marginTop: theme.spacing(0.5) },
    margin: 0,
    paddingLeft: 20,
    maxHeight: 240,
    overflowY: 'auto',
    overflowWrap: 'anywhere',
  }),
});
