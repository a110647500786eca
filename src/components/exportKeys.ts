import { api } from '../api/client';
import type { Key, KeyQuery, Limits } from '../api/types';
import { toCsv, type CsvColumn } from './csv';
import { toTexts } from './labels';

/** How many keys one file holds at most. */
export const MOST_EXPORTED = 100_000;
/** As many as the server gives at once. */
const PAGE = 500;

/** All keys that match a filter, or the first of them, with their count so far reported after each page. */
export async function readAll(filter: KeyQuery, onProgress: (n: number) => void, signal: AbortSignal): Promise<Key[]> {
  const keys: Key[] = [];
  for (let cursor: string | undefined; cursor !== '' && keys.length < MOST_EXPORTED;) {
    const page = await api.keys({ ...filter, cursor, limit: PAGE }, signal);
    keys.push(...page.keys);
    cursor = page.nextCursor;
    onProgress(keys.length);
  }
  return keys;
}

/** A list in one field, as the forms and the command line take it too. */
const listed = (texts: readonly string[]) => texts.join(', ');

const limitTexts = (limits: Limits) =>
  Object.entries(limits)
    .filter(([, most]) => most)
    .map(([name, most]) => `${name}=${most}`);

const COLUMNS: Array<CsvColumn<Key>> = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['description', ({ description }) => description],
  ['owner', ({ owner }) => owner],
  ['labels', ({ labels }) => listed(toTexts(labels))],
  ['role', ({ role }) => role],
  ['pool', ({ pool }) => pool],
  ['state', ({ state }) => state],
  ['disabledUntil', ({ disabledUntil }) => disabledUntil ?? ''],
  ['endpoints', ({ endpoints }) => listed(endpoints)],
  ['tenants', ({ tenants }) => listed(tenants)],
  ['allowedCidrs', ({ allowedCidrs }) => listed(allowedCidrs)],
  ['limits', ({ limits }) => listed(limitTexts(limits))],
  ['createdAt', ({ createdAt }) => createdAt],
  ['createdBy', ({ createdBy }) => createdBy],
  ['expiresAt', ({ expiresAt }) => expiresAt ?? ''],
  ['revokedAt', ({ revokedAt }) => revokedAt ?? ''],
  ['lastUsedAt', ({ lastUsedAt }) => lastUsedAt ?? ''],
  ['lastUsedFrom', ({ lastUsedFrom }) => lastUsedFrom],
  ['useCount', ({ useCount }) => useCount],
];

/** Keys as CSV. */
export const keysAsCsv = (keys: readonly Key[]): string => toCsv(COLUMNS, keys);

/** Keys as the API gives them, but for what only the caller may do. */
export const keysAsJson = (keys: readonly Key[]): string =>
  JSON.stringify(
    keys.map(({ actions: _, ...key }) => key),
    null,
    2
  ) + '\n';
