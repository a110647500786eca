import { api } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Key, Lifetime } from '../api/types';
import { apart, split, takenBack, toLabels } from './labels';

/** What can be done to several keys at once. */
export type BulkAction =
  'enable' | 'disable' | 'revoke' | 'delete' | 'owner' | 'pool' | 'extend' | 'addLabel' | 'removeLabel';

/** A key to which something could not be done, and why. */
export interface Failed {
  key: Key;
  error: ApiError;
}

/** How far a bulk change got. */
export interface BulkProgress {
  done: number;
  total: number;
  failed: Failed[];
}

/** What came of a bulk change. */
export interface BulkEnd {
  progress: BulkProgress;
  /** The keys that were changed, as they were before. */
  changed: Key[];
  /** What the server said of each of them then, by its id. */
  after: ReadonlyMap<string, unknown>;
}

/** How many requests are under way at once: enough to be quick, too few to be a burden. */
const WORKERS = 4;

/** Does something to one key, and returns what the server says of it then. */
export type KeyChange = (key: Key) => Promise<unknown>;

/** Takes something back for a key, as it was before it and as the server said that it was after it. */
export type KeyUndo = (before: Key, after: unknown) => Promise<unknown>;

/**
 * What an action does to a key.
 * @param value the owner, the pool, the labels as name=value, or the labels' names
 * @param lifetime how long they live from now on, for extend
 */
export function changeOf(action: BulkAction, value: string, lifetime: Lifetime): KeyChange {
  const changes: Record<BulkAction, KeyChange> = {
    enable: ({ id }) => api.updateKey(id, { enabled: true }),
    disable: ({ id }) => api.disableKey(id),
    revoke: ({ id }) => api.revokeKey(id),
    delete: ({ id }) => api.deleteKey(id),
    owner: ({ id }) => api.updateKey(id, { owner: value.trim() }),
    pool: ({ id }) => api.updateKey(id, { pool: value.trim() }),
    extend: ({ id }) => api.updateKey(id, lifetime),
    addLabel: relabel((labels) => ({ ...labels, ...toLabels(apart(value)) })),
    removeLabel: relabel((labels) => without(labels, value)),
  };
  return changes[action];
}

/**
 * What takes an action back, for a key as it was before; undefined for what is final. What others changed since stays.
 * @param value that the action took
 */
export function undoOf(action: BulkAction, value: string): KeyUndo | undefined {
  const set = value.trim();
  const back: Partial<Record<BulkAction, KeyUndo>> = {
    enable: ({ id, enabled }) => api.updateKey(id, { enabled }),
    disable: ({ id, enabled }) => api.updateKey(id, { enabled }),
    owner: async ({ id, owner }) => (await api.key(id)).owner === set && api.updateKey(id, { owner }),
    pool: async ({ id, pool }) => (await api.key(id)).pool === set && api.updateKey(id, { pool }),
    extend: async ({ id, expiresAt }, after) =>
      (await api.key(id)).expiresAt === (after as Key).expiresAt && api.updateKey(id, { expiresAt }),
    addLabel: (key) => relabel((now) => takenBack(now, key.labels, { ...key.labels, ...toLabels(apart(value)) }))(key),
    removeLabel: (key) => relabel((now) => takenBack(now, key.labels, without(key.labels, value)))(key),
  };
  return back[action];
}

/** Changes the labels that a key has now, which may be others than those that are shown. */
const relabel =
  (change: (labels: Key['labels']) => Key['labels']): KeyChange =>
  async ({ id }) =>
    api.updateKey(id, { labels: change((await api.key(id)).labels) });

/** Labels but for those whose names are typed. */
function without(labels: Key['labels'], value: string): Key['labels'] {
  const names = apart(value).map((text) => split(text)[0]);
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

/**
 * Does the same to many keys. A key that fails stops none of the others.
 * @param onProgress called after each key
 * @param signal stops before the next key; what is under way is finished
 */
export async function changeAll(
  change: KeyChange,
  keys: readonly Key[],
  onProgress: (progress: BulkProgress) => void,
  signal: AbortSignal
): Promise<BulkEnd> {
  const waiting = [...keys];
  const failed: BulkProgress['failed'] = [];
  const changed: Key[] = [];
  const after = new Map<string, unknown>();
  const progress = () => ({ done: changed.length + failed.length, total: keys.length, failed: [...failed] });

  const work = async () => {
    for (let key = waiting.shift(); key && !signal.aborted; key = waiting.shift()) {
      try {
        after.set(key.id, await change(key));
        changed.push(key);
      } catch (reason) {
        failed.push({ key, error: toApiError(reason) });
      }
      onProgress(progress());
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return { progress: progress(), changed, after };
}
