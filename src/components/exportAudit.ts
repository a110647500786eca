import { api } from '../api/client';
import type { AuditEntry, AuditQuery } from '../api/types';
import { actionName, auditDetail } from './auditDetail';
import { toCsv, type CsvColumn } from './csv';

/** How many entries one file holds at most; `ostiary audit -o json` has no such limit. */
export const MOST_ENTRIES = 100_000;
/** As many as the server gives at once. */
const PAGE = 500;

/** All entries that match, or the newest of them, with their count so far reported after each page. */
export async function readTrail(
  query: AuditQuery,
  onProgress: (n: number) => void,
  signal: AbortSignal
): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let cursor: string | undefined; cursor !== '' && entries.length < MOST_ENTRIES;) {
    const page = await api.audit({ ...query, cursor, limit: PAGE }, signal);
    entries.push(...page.entries);
    cursor = page.nextCursor;
    onProgress(entries.length);
  }
  return entries;
}

const COLUMNS: Array<CsvColumn<AuditEntry>> = [
  ['id', ({ id }) => String(id)],
  ['at', ({ at }) => at],
  ['actor', ({ actor }) => actor],
  ['from', ({ from }) => from],
  ['action', ({ action }) => action],
  ['what', ({ action }) => actionName(action)],
  ['keyId', ({ keyId }) => keyId],
  ['keyName', ({ keyName }) => keyName],
  ['details', (entry) => auditDetail(entry) || (entry.note ?? '')],
];

/** Entries as CSV, with what was done in words. */
export const trailAsCsv = (entries: readonly AuditEntry[]): string => toCsv(COLUMNS, entries);

/** Entries as the API gives them. */
export const trailAsJson = (entries: readonly AuditEntry[]): string => JSON.stringify(entries, null, 2) + '\n';
