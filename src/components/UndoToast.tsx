import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Portal, useStyles2 } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { t } from '../i18n';
import { Glyph } from './Glyph';
import { useClearOfDialog } from './useClearOfDialog';

/** How long it is shown, in milliseconds; pointer or focus on it stop the clock. */
const STAY = 10_000;

interface Props {
  /** What was done; nothing is shown without it. */
  text?: string;
  onUndo: () => void;
  /** Called when it has been there long enough. */
  onOver: () => void;
}

/** Says that something was done, and takes it back. Grafana's own messages can hold no button. */
export const UndoToast = ({ text, onUndo, onOver }: Props) => {
  const styles = useStyles2(getStyles);
  const [held, setHeld] = useState(false);
  const place = useClearOfDialog(Boolean(text));
  useEffect(() => {
    if (!text || held) {
      return;
    }
    const timer = setTimeout(onOver, STAY);
    return () => clearTimeout(timer);
  }, [text, held, onOver]);

  return (
    <Portal>
      <div role="status" className={styles.place} style={place}>
        {text && (
          <div
            className={styles.toast}
            onPointerEnter={() => setHeld(true)}
            onPointerLeave={() => setHeld(false)}
            onFocus={() => setHeld(true)}
            onBlur={() => setHeld(false)}
          >
            <Glyph name="check" />
            <span className={styles.text}>{text}</span>
            <Button variant="secondary" size="sm" onClick={onUndo}>
              {t('undo.button', 'Undo')}
            </Button>
          </div>
        )}
      </div>
    </Portal>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({
    position: 'fixed',
    bottom: theme.spacing(3),
    left: '50%',
    transform: 'translateX(-50%)',
    zIndex: theme.zIndex.portal,
    width: 'max-content',
    maxWidth: 'min(720px, calc(100vw - 32px))',
  }),
  toast: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1, 1, 1, 2),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    boxShadow: theme.shadows.z3,
    '> svg': { flexShrink: 0, color: theme.colors.success.text },
  }),
  text: css({ overflowWrap: 'anywhere' }),
});
