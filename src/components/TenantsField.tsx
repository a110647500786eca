import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, InlineSwitch, useStyles2 } from '@grafana/ui';
import React, { useRef } from 'react';
import { t } from '../i18n';
import { FORCED } from './forcedColors';
import { PickMany } from './PickMany';
import type { Suggestion } from './Suggest';
import { SuggestField, type Slot } from './SuggestField';
import { ANY_TENANT, isAnyTenant } from './tenants';

interface Props extends Slot<string[]> {
  suggestions: readonly Suggestion[];
  /** The endpoints that the key opens and that keep tenants apart. */
  neededAt: readonly string[];
}

/** The tenants that a key may act for, or any. */
export const TenantsField = ({ value, onChange, error, suggestions, neededAt }: Props) => {
  const styles = useStyles2(getStyles);
  const named = useRef<string[]>([]);
  const any = isAnyTenant(value);
  const choose = (all: boolean) => {
    if (all) {
      named.current = value;
    }
    onChange(all ? [ANY_TENANT] : named.current);
  };
  return (
    <>
      <SuggestField
        id={any ? 'key-any-tenant' : 'key-tenants'}
        label={t('key.tenants', 'Tenants')}
        description={
          neededAt.length
            ? t('key-form.tenants-needed', 'Those that it may act for: {{endpoints}} refuses a key without one.', {
                endpoints: neededAt.join(', '),
              })
            : t('key-form.tenants-help', 'Those that it may act for, where there are any. Empty: none.')
        }
        error={error}
      >
        {!any && (
          <PickMany
            id="key-tenants"
            value={value}
            onChange={(tenants) => onChange(isAnyTenant(tenants) ? [ANY_TENANT] : tenants)}
            suggestions={suggestions}
            invalid={Boolean(error)}
            placeholder="team-a"
          />
        )}
        <div className={styles.any}>
          <InlineSwitch
            id="key-any-tenant"
            transparent
            showLabel
            label={t('key-form.any-tenant', 'Any tenant')}
            value={any}
            onChange={(e) => choose(e.currentTarget.checked)}
          />
        </div>
      </SuggestField>
      {any && (
        <Alert severity="warning" title={t('key-form.any-tenant-title', 'It can act for every tenant')}>
          {t(
            'key-form.any-tenant-why',
            'Anyone with this key reads and writes the data of all tenants, and names one in each request. List the tenants if you can.'
          )}
        </Alert>
      )}
    </>
  );
};

// The switch brings room of its own to the left of its label; the label begins where those of other fields do.
// Where the system forces its own colours it has a frame, which stays clear of the field above.
const getStyles = (theme: GrafanaTheme2) => ({
  any: css({ marginLeft: theme.spacing(-1), [FORCED]: { margin: theme.spacing(0.75, 0, 0) } }),
});
