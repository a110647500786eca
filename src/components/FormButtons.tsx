import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Modal, Stack, useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { CancelButton } from './CancelButton';

interface Props {
  /** What the button says that sends the form. */
  submit: string;
  /** The form is being sent. */
  busy: boolean;
  /** Stands before the buttons: what sending it would do. */
  summary?: ReactNode;
  onCancel: () => void;
}

/** The end of a form in a dialog: leave it, or send it. */
export const FormButtons = ({ submit, busy, summary, onCancel }: Props) => {
  const styles = useStyles2(getStyles);
  return (
    <Modal.ButtonRow>
      <div className={styles.row}>
        {summary}
        <Stack gap={2} wrap="wrap" justifyContent="flex-end">
          <CancelButton onCancel={onCancel} />
          <Button type="submit" disabled={busy} icon={busy ? 'spinner' : undefined}>
            {submit}
          </Button>
        </Stack>
      </div>
    </Modal.ButtonRow>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({
    display: 'flex',
    flexWrap: 'wrap',
    flex: 1,
    alignItems: 'center',
    justifyContent: 'flex-end',
    gap: theme.spacing(1, 3),
  }),
});
