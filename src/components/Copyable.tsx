import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Stack, useStyles2 } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import { CopyButton } from './CopyButton';

/** A text that is pasted elsewhere. */
export const Copyable = ({ text }: { text: string }) => {
  const styles = useStyles2(getStyles);
  return (
    <Stack direction="row" gap={1} alignItems="flex-start">
      <pre className={styles.pre} tabIndex={0}>
        {text}
      </pre>
      <CopyButton
        icon="copy"
        size="sm"
        variant="secondary"
        aria-label={t('first.copy', 'Copy this text')}
        getText={() => text}
      >
        {t('token.copy-snippet', 'Copy')}
      </CopyButton>
    </Stack>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  pre: css({
    flex: 1,
    minWidth: 0,
    margin: theme.spacing(0, 0, 1.5),
    padding: theme.spacing(1, 1.5),
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontSize: theme.typography.bodySmall.fontSize,
    background: theme.colors.background.canvas,
  }),
});
