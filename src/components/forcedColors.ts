/** Where the system forces its own colours. */
export const FORCED = '@media (forced-colors: active)';

/**
 * What a background becomes where the system forces its own colours, which take every other background away.
 * @param background one of the system's colours, such as CanvasText
 */
export const forced = (background: string) => ({ [FORCED]: { background } });

/** How the system marks what is chosen. Without the last line browsers paint the canvas behind each word of it. */
export const forcedChoice = {
  [FORCED]: {
    background: 'Highlight',
    color: 'HighlightText',
    forcedColorAdjust: 'none',
  },
} as const;
