/*
 * How far somebody is with the first steps of an organization, which a browser keeps: what was begun is seen to its end,
 * and what is over does not come back by itself.
 */

export type Progress = 'begun' | 'over';

const place = (orgId: number) => `ostiary.first-steps.${orgId}`;

/** What the browser has kept, if anything. */
export function keptProgress(orgId: number): Progress | undefined {
  try {
    const kept = localStorage.getItem(place(orgId));
    return kept === 'begun' || kept === 'over' ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it. */
export function keepProgress(orgId: number, progress: Progress): void {
  try {
    localStorage.setItem(place(orgId), progress);
  } catch {
    // A browser that keeps nothing begins again with each visit, while no key is used.
  }
}
