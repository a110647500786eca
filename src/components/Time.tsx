import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Tooltip, useStyles2 } from '@grafana/ui';
import React, { forwardRef, useState, type ComponentProps } from 'react';
import type { KeyState } from '../api/types';
import { exactTime, expiresSoon, relativeTime } from '../format';
import { t } from '../i18n';
import { Glyph } from './Glyph';
import { Nothing } from './Nothing';
import { getTableStyles } from './tableStyles';

/**
 * How long ago or ahead a moment is, with the exact time when it is pointed at. It is no stop of the Tab key, because a
 * table has hundreds; the page that a row leads to shows the exact time. For the same reason the tooltip is made
 * only when the pointer is on the time.
 */
export const Time = ({ at }: { at: string }) => {
  const styles = useStyles2(getStyles);
  const [near, setNear] = useState(false);
  if (!near) {
    return (
      <time dateTime={at} className={styles.time} onPointerEnter={() => setNear(true)}>
        {relativeTime(at)}
      </time>
    );
  }
  return (
    <Tooltip content={exactTime(at)}>
      <Moment dateTime={at} className={styles.time}>
        {relativeTime(at)}
      </Moment>
    </Tooltip>
  );
};

/** Grafana's tooltips make whatever they belong to a stop of the Tab key; this takes that back. */
const Moment = forwardRef<HTMLTimeElement, ComponentProps<'time'>>(({ tabIndex, ...props }, ref) => (
  <time ref={ref} {...props} />
));
Moment.displayName = 'Moment';

/** How long ago or ahead a moment is, and below that the exact time. */
export const ExactTime = ({ at }: { at: string }) => {
  const base = useStyles2(getTableStyles);
  return (
    <>
      <Time at={at} />
      <div className={base.exact}>{exactTime(at)}</div>
    </>
  );
};

/**
 * When a key expires; a warning in words and colour when that is soon. A revoked key works no more, so that its end has
 * nothing to say.
 */
export const Expiry = ({ at, state }: { at: string | null; state: KeyState }) => {
  const styles = useStyles2(getStyles);
  if (state === 'revoked') {
    return <Nothing />;
  }
  if (!at) {
    return <span className={styles.quiet}>{t('time.never-expires', 'Never')}</span>;
  }
  const soon = state !== 'expired' && expiresSoon(at);
  if (!soon) {
    return <Time at={at} />;
  }
  return (
    <span className={styles.soon}>
      <Glyph name="warning" title={t('time.expires-soon', 'Expires soon')} /> <Time at={at} />
    </span>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  time: css({
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
    borderRadius: theme.shape.radius.default,
  }),
  quiet: css({ color: theme.colors.text.secondary }),
  soon: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    color: theme.colors.warning.text,
    fontWeight: theme.typography.fontWeightMedium,
  }),
});
