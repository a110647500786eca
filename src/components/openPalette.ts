/*
 * The way to the palette from the frame around the pages, which does not know them.
 */

const listeners = new Set<() => void>();

/** Opens the palette. */
export const openPalette = () => listeners.forEach((open) => open());

/** Calls the listener when the palette is to open, until the returned function is called. */
export function onOpenPalette(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
