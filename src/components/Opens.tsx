import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Endpoint, Key } from '../api/types';
import { count } from '../format';
import { t } from '../i18n';
import { lacksTenant, opened } from './access';
import { unknownEndpoints } from './EndpointsField';
import { objection } from './summary';

/** How many endpoints are named. */
const NAMED = 6;

/** What a key opens as things are, and what speaks against some of it; nothing where its endpoints say it all. */
export const Opens = ({ target: key, endpoints }: { target: Key; endpoints?: readonly Endpoint[] }) => {
  const styles = useStyles2(getStyles);
  if (!endpoints || key.state === 'revoked') {
    return null;
  }
  const names = opened(key, endpoints)
    .filter((endpoint) => !lacksTenant(key, endpoint))
    .map(({ name }) => name);
  const unknown = unknownEndpoints(key.endpoints, endpoints);
  const reasons = [
    objection(key, endpoints),
    unknown.length > 0 &&
      t('key.unknown-endpoints', 'This gate does not have: {{names}}.', { names: unknown.join(', ') }),
    !names.length && endpoints.length > 0 && t('key.opens-none', 'It opens nothing at this gate.'),
  ].filter(Boolean);
  const against = [...new Set(reasons)];
  return (
    <>
      {!key.endpoints.length && names.length > 0 && (
        <div>
          {t('key.opens', 'with its role: {{names}}', { names: names.slice(0, NAMED).join(', ') })}
          {names.length > NAMED && ` ${t('clients.further', 'and {{n}} others', { n: count(names.length - NAMED) })}`}
        </div>
      )}
      {against.length > 0 && <div className={styles.against}>{against.join(' ')}</div>}
    </>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({ against: css({ color: theme.colors.warning.text }) });
