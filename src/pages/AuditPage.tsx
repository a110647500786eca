import React from 'react';
import { AuditExport } from '../components/AuditExport';
import { AuditFilters } from '../components/AuditFilters';
import { AuditTable } from '../components/AuditTable';
import { useCaller } from '../components/Caller';
import { NoAccess } from '../components/NoAccess';
import { StickyBar } from '../components/StickyBar';
import { useAuditFilter } from '../components/useAuditFilter';
import { useHost } from '../host';
import { t } from '../i18n';

/** The audit trail of the organization. */
export const AuditPage = () => {
  const { Page } = useHost();
  const { can } = useCaller();
  const { query } = useAuditFilter();
  return (
    <Page
      title={t('audit.title', 'Audit trail')}
      at="audit"
      subTitle={t('audit.subtitle', 'Who did what to which key, the newest first.')}
      actions={can('manage') && <AuditExport query={query} />}
    >
      {can('manage') ? <Trail /> : <NoAccess />}
    </Page>
  );
};

const Trail = () => {
  const { filter, setFilter, query } = useAuditFilter();
  return (
    <StickyBar bar={<AuditFilters filter={filter} onChange={setFilter} />}>
      <AuditTable query={query} />
    </StickyBar>
  );
};
