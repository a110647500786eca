import React from 'react';

/** The pictures that every row of a table has. */
const GLYPHS = {
  check: <path d="m4 12.5 5 5 11-11" />,
  pause: <path d="M8 5v14M16 5v14" />,
  clock: <path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5h4" />,
  cross: <path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9 9l6 6m0-6-6 6" />,
  x: <path d="m5 5 14 14M19 5 5 19" />,
  warning: <path d="M12 4 2.5 20h19L12 4Zm0 6v4m0 3v.01" />,
  dots: <path d="M12 5v.01M12 12v.01M12 19v.01" strokeWidth={4} />,
};

/** The name of a picture. */
export type GlyphName = keyof typeof GLYPHS;

interface Props {
  name: GlyphName;
  size?: number;
  /** What it says; without it, it says nothing that is not said next to it. */
  title?: string;
}

/** A picture that is drawn at once; Grafana's icons are read as text and taken apart, each time. */
export const Glyph = ({ name, size = 14, title }: Props) => (
  <svg
    role={title && 'img'}
    aria-label={title}
    viewBox="0 0 24 24"
    width={size}
    height={size}
    fill="none"
    stroke="currentColor"
    strokeWidth={2.5}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden={!title}
  >
    {title && <title>{title}</title>}
    {GLYPHS[name]}
  </svg>
);
