import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

/** What is wrong with a search, below its field; nothing takes no room. */
export const Mistake = ({ text }: { text?: string }) => (
  <div role="status" className={useStyles2(getStyles).wrong}>
    {text}
  </div>
);

const getStyles = (theme: GrafanaTheme2) => ({
  wrong: css({
    color: theme.colors.error.text,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:empty': { display: 'none' },
  }),
});
