import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import type { Endpoint } from '../api/types';
import { t } from '../i18n';
import { describeEndpoint } from './endpoint';
import { PickMany } from './PickMany';
import { SuggestField, type Slot } from './SuggestField';

interface Props extends Slot<string[]> {
  /** Those of the gate, once they are known. */
  endpoints?: readonly Endpoint[];
  /** Those that the key would open with what else is chosen. */
  open: readonly Endpoint[];
}

/** How many endpoints are offered at one click; the list has all. */
const AT_ONE_CLICK = 5;

/** Chooses among the endpoints of the gate, or names others: a key may be made before its endpoint is. */
export const EndpointsField = ({ value, onChange, error, endpoints, open }: Props) => {
  const strange = unknownEndpoints(value, endpoints);
  const styles = useStyles2(getStyles);
  const offered = open.filter(({ name }) => !value.includes(name)).slice(0, AT_ONE_CLICK);
  return (
    <SuggestField
      id="key-endpoints"
      label={t('key.endpoints', 'Endpoints')}
      description={t('key-form.endpoints-help', 'The only endpoints of the gate that it opens. Empty: all.')}
      error={error}
    >
      <PickMany
        id="key-endpoints"
        value={value}
        onChange={onChange}
        invalid={Boolean(error)}
        placeholder={t('key-form.all-endpoints', 'All endpoints')}
        suggestions={(endpoints ?? []).map((endpoint) => ({
          value: endpoint.name,
          description: describeEndpoint(endpoint),
        }))}
      />
      {strange.length > 0 && (
        <div role="status" className={styles.strange}>
          {t('key-form.unknown-endpoints', '', {
            count: strange.length,
            names: strange.map((name) => `“${name}”`).join(', '),
            defaultValue_one:
              'This gate has no endpoint {{names}}. Keep it only if it is still to be made, or a proxy names it at /auth.',
            defaultValue_other:
              'This gate has no endpoints {{names}}. Keep them only if they are still to be made, or a proxy names them at /auth.',
          })}
        </div>
      )}
      {offered.length > 0 && (
        <div className={styles.offers}>
          {offered.map((endpoint) => (
            <button
              key={endpoint.name}
              type="button"
              className={styles.offer}
              title={describeEndpoint(endpoint)}
              aria-label={t('key-form.add-endpoint', 'Add {{name}}', { name: endpoint.name })}
              onClick={() => onChange([...value, endpoint.name])}
            >
              + {endpoint.name}
            </button>
          ))}
        </div>
      )}
    </SuggestField>
  );
};

/** Those of the names that the gate has not, which may be misspelt; none while its endpoints are not known. */
export const unknownEndpoints = (names: readonly string[], endpoints: readonly Endpoint[] | undefined): string[] =>
  endpoints ? names.filter((name) => !endpoints.some((endpoint) => endpoint.name === name)) : [];

const getStyles = (theme: GrafanaTheme2) => ({
  strange: css({ marginTop: theme.spacing(0.5), color: theme.colors.warning.text, overflowWrap: 'anywhere' }),
  offers: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.5), marginTop: theme.spacing(0.5) }),
  offer: css({
    maxWidth: '100%',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    padding: theme.spacing(0, 1),
    border: `1px dashed ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.pill,
    background: 'none',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { color: theme.colors.text.primary, background: theme.colors.action.hover },
  }),
});
