/**
 * What a background becomes where the system forces its own colours, which take every other background away.
 * @param background one of the system's colours, such as Highlight
 */
export const forced = (background: string, color?: string) => ({
  '@media (forced-colors: active)': { background, ...(color ? { color } : {}) },
});

/** How the system marks what is chosen. */
export const forcedChoice = forced('Highlight', 'HighlightText');
