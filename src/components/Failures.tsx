import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, useStyles2 } from '@grafana/ui';
import React from 'react';
import { count } from '../format';
import { t } from '../i18n';
import type { Failed } from './bulk';

/** The keys to which something could not be done, each with why; nothing if there are none. */
export const Failures = ({ failed }: { failed: readonly Failed[] }) => {
  const styles = useStyles2(getStyles);
  return failed.length ? (
    <Alert severity="error" title={t('bulk.failed', 'Not changed: {{n}}', { n: count(failed.length) })}>
      <ul className={styles.failures}>
        {failed.map(({ key, error }) => (
          <li key={key.id}>
            <strong>{key.name}</strong>: {error.message}
          </li>
        ))}
      </ul>
    </Alert>
  ) : null;
};

const getStyles = (theme: GrafanaTheme2) => ({
  failures: css({ maxHeight: theme.spacing(24), overflow: 'auto', paddingLeft: theme.spacing(2) }),
});
