import { FilterInput, Input } from '@grafana/ui';
import React from 'react';
import { AUDIT_ACTIONS } from '../api/types';
import { t } from '../i18n';
import { actionName } from './auditDetail';
import { Choice } from './Choice';
import { FilterBar } from './FilterBar';
import { Mistake } from './Mistake';
import { mistakeIn } from './unread';
import { SPANS, type AuditFilter, type Span } from './useAuditFilter';
import { useDelayed } from './useDelayed';
import { withoutSecret } from './withoutSecret';

interface Props {
  filter: AuditFilter;
  onChange: (change: Partial<AuditFilter>) => void;
}

/** Narrows the audit trail. */
export const AuditFilters = ({ filter, onChange }: Props) => {
  const [words, setWords] = useDelayed(filter.q, (q) => onChange({ q }));
  const [actor, setActor] = useDelayed(filter.actor, (actor) => onChange({ actor: actor.trim() }));
  const search = t('audit.search', 'Search the trail');
  const byWhom = t('audit.actor', 'By whom');
  const wrong = mistakeIn(words, { action: AUDIT_ACTIONS, since: Object.keys(SPANS) });
  return (
    <>
      <FilterBar>
        <FilterInput
          width={40}
          escapeRegex={false}
          aria-label={search}
          placeholder={search}
          value={words}
          onChange={(typed) => setWords(withoutSecret(typed))}
        />
        <Choice
          label={t('audit.what', 'What')}
          width={20}
          value={filter.action}
          onChange={(action) => onChange({ action })}
          options={[
            { value: '', label: t('audit.all-actions', 'All actions') },
            ...AUDIT_ACTIONS.map((value) => ({ value, label: actionName(value) })),
          ]}
        />
        <Input
          width={20}
          autoComplete="off"
          aria-label={byWhom}
          placeholder={byWhom}
          value={actor}
          onChange={(e) => setActor(withoutSecret(e.currentTarget.value))}
        />
        <Choice<Span | ''>
          label={t('audit.when', 'When')}
          width={20}
          value={filter.since}
          onChange={(since) => onChange({ since })}
          options={[
            { value: '', label: t('audit.all-times', 'All times') },
            { value: 'day', label: t('audit.last-day', 'Last 24 hours') },
            { value: 'week', label: t('audit.last-week', 'Last 7 days') },
            { value: 'month', label: t('audit.last-month', 'Last 30 days') },
          ]}
        />
      </FilterBar>
      <Mistake text={wrong} />
    </>
  );
};
