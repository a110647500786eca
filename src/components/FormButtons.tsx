import { Button, Modal, Stack } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';

interface Props {
  /** What the button says that sends the form. */
  submit: string;
  /** The form is being sent. */
  busy: boolean;
  onCancel: () => void;
}

/** The end of a form in a dialog: leave it, or send it. */
export const FormButtons = ({ submit, busy, onCancel }: Props) => (
  <Modal.ButtonRow>
    <Stack gap={2}>
      <Button type="button" variant="secondary" fill="outline" onClick={onCancel}>
        {t('common.cancel', 'Cancel')}
      </Button>
      <Button type="submit" disabled={busy} icon={busy ? 'spinner' : undefined}>
        {submit}
      </Button>
    </Stack>
  </Modal.ButtonRow>
);
