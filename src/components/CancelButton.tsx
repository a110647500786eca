import { Button } from '@grafana/ui';
import React, { useContext } from 'react';
import { t } from '../i18n';
import { LeaveContext } from './Dialog';

/** Leaves a dialog; while a request that writes is under way, it asks first. */
export const CancelButton = ({ onCancel }: { onCancel: () => void }) => {
  const leave = useContext(LeaveContext);
  return (
    <Button type="button" variant="secondary" fill="outline" onClick={() => leave(onCancel)}>
      {t('common.cancel', 'Cancel')}
    </Button>
  );
};
