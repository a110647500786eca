import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Modal, useStyles2 } from '@grafana/ui';
import React, { useEffect, useState, type ReactNode } from 'react';

interface Props {
  title: string;
  /** At most, in pixels; a narrow window makes it narrower. */
  width: number;
  /** Called when it is closed by its cross or with Escape. A click beside it closes nothing: what was typed stays. */
  onDismiss: () => void;
  children: ReactNode;
}

/** Where the focus was before the first of the dialogs that followed each other. */
let opener: Element | null = null;

/** A dialog, from which the focus returns to where it was. */
export const Dialog = ({ title, width, onDismiss, children }: Props) => {
  const styles = useStyles2(getStyles, width);
  const [cameFrom] = useState(() => {
    const at = document.activeElement;
    opener = at?.closest('[role="dialog"]') ? opener : at;
    return opener;
  });
  useEffect(
    () => () => {
      // When all of the dialog is gone, and no other has followed.
      setTimeout(() => {
        const free = !document.activeElement || document.activeElement === document.body;
        if (free && cameFrom instanceof HTMLElement && cameFrom.isConnected) {
          cameFrom.focus();
        }
      });
    },
    [cameFrom]
  );
  return (
    <Modal isOpen title={title} onDismiss={onDismiss} closeOnBackdropClick={false} className={styles.modal}>
      {children}
    </Modal>
  );
};

const getStyles = (_: GrafanaTheme2, width: number) => ({
  modal: css({
    width: `min(${width}px, calc(100vw - 32px))`,
    // A name of 255 letters must not push the cross out of the window.
    h2: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  }),
});
