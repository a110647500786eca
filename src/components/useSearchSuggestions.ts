import { useCallback } from 'react';
import { api } from '../api/client';
import { ROLES, STATES } from '../api/types';
import { useQuery } from '../api/useQuery';
import { t } from '../i18n';
import { describeEndpoint } from './endpoint';
import { roleGrants } from './roles';
import { FIELDS, lastToken, quote, type Field } from './search';
import type { Suggestion } from './Suggest';
import { UNUSED, EXPIRES } from './useKeyList';
import { useSeen } from './useSeen';

/** How many are shown. */
const MOST = 12;

/**
 * What could be meant by the end of a search: the fields, or the values of one.
 * @param used whether somebody is searching, so that they are worth reading
 */
export function useSearchSuggestions(
  typed: string,
  used: boolean,
  pools: readonly string[]
): {
  suggestions: Suggestion[];
  /** The search with a suggestion taken. */
  pick: (value: string) => string;
} {
  const seen = useSeen(used);
  const { data: endpoints } = useQuery(
    useCallback(async (signal: AbortSignal) => (used ? (await api.endpoints(signal)).endpoints : []), [used])
  );
  const [before, last] = lastToken(typed);
  const minus = last.startsWith('-') ? '-' : '';
  const token = last.slice(minus.length);
  const values: Record<Field, Suggestion[]> = {
    state: STATES.map((value) => ({ value })),
    role: ROLES.map((role) => ({ value: role.toLowerCase(), description: roleGrants(role) })),
    pool: pools.map((value) => ({ value })),
    owner: seen.owners,
    label: seen.labels,
    tenant: seen.tenants,
    endpoint: (endpoints ?? []).map((one) => ({ value: one.name, description: describeEndpoint(one) })),
    unused: UNUSED.map((value) => ({ value })),
    expires: EXPIRES.map((value) => ({ value })),
  };
  const field = FIELDS.find((one) => token.toLowerCase().startsWith(`${one}:`));
  const all = field
    ? values[field].map(({ value, description }) => ({ value: `${minus}${field}:${quote(value)}`, description }))
    : FIELDS.map((one) => ({ value: `${minus}${one}:`, description: fieldHelp(one) }));
  if (!last) {
    all.push({
      value: '-',
      description: t('search.minus', 'Leaves out what follows, such as -role:agent or -test'),
    });
  }
  const begun = last.toLowerCase().replaceAll('"', '');
  return {
    suggestions: all
      .filter(({ value }) => value.toLowerCase().replaceAll('"', '').startsWith(begun) && value !== last)
      .slice(0, MOST),
    pick: (value) => before + value + (/[:-]$/.test(value) ? '' : ' '),
  };
}

/** What a field narrows by. */
function fieldHelp(field: Field): string {
  return {
    state: t('search.state', 'Active, disabled, expired or revoked'),
    role: t('search.role', 'What it may do'),
    pool: t('search.pool', 'The agent pool that it belongs to'),
    owner: t('search.owner', 'Who answers for it'),
    label: t('search.label', 'A label, or a label with its value'),
    tenant: t('search.tenant', 'A tenant that it may act for'),
    endpoint: t('search.endpoint', 'An endpoint that it opens'),
    unused: t('search.unused', 'Not used for so long, such as 30d'),
    expires: t('search.expires', 'Ends within a time, such as 7d'),
  }[field];
}
