import { Alert, Button } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';

/** Says that a form holds what was typed before the page was left. */
export const Restored = ({ onStartAfresh }: { onStartAfresh: () => void }) => (
  <Alert severity="info" title={t('draft.restored', 'What you typed before is here again')}>
    <Button variant="secondary" size="sm" onClick={onStartAfresh}>
      {t('draft.start-afresh', 'Start afresh')}
    </Button>
  </Alert>
);
