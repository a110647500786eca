import React from 'react';
import { AuditTable } from '../components/AuditTable';
import { useCaller } from '../components/Caller';
import { NoAccess } from '../components/NoAccess';
import { useHost } from '../host';
import { t } from '../i18n';

/** The audit trail of the organization. */
export const AuditPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  return (
    <Page
      title={t('audit.title', 'Audit trail')}
      at="audit"
      subTitle={t('audit.subtitle', 'Who did what to which key, the newest first.')}
    >
      {can('manage') ? <AuditTable /> : <NoAccess />}
    </Page>
  );
};
