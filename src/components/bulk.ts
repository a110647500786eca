import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Key } from '../api/types';

/** What can be done to several keys at once. */
export type BulkAction = 'enable' | 'disable' | 'revoke' | 'delete';

/** How far a bulk change got. */
export interface BulkProgress {
  done: number;
  total: number;
  failed: Array<{ key: Key; error: ApiError }>;
}

/** How many requests are under way at once: enough to be quick, too few to be a burden. */
const WORKERS = 4;

const change: Record<BulkAction, (id: string) => Promise<unknown>> = {
  enable: (id) => api.updateKey(id, { enabled: true }),
  disable: api.disableKey,
  revoke: api.revokeKey,
  delete: api.deleteKey,
};

/**
 * Does the same to many keys. A key that fails stops none of the others.
 * @param onProgress called after each key
 * @param signal stops before the next key; what is under way is finished
 */
export async function changeAll(
  action: BulkAction,
  keys: Key[],
  onProgress: (progress: BulkProgress) => void,
  signal: AbortSignal
): Promise<BulkProgress> {
  const waiting = [...keys];
  const failed: BulkProgress['failed'] = [];
  let done = 0;

  const work = async () => {
    for (let key = waiting.shift(); key && !signal.aborted; key = waiting.shift()) {
      try {
        await change[action](key.id);
      } catch (reason) {
        failed.push({ key, error: toApiError(reason) });
      }
      done++;
      onProgress({ done, total: keys.length, failed: [...failed] });
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return { done, total: keys.length, failed };
}
