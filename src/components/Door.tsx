import { useTheme2 } from '@grafana/ui';
import React from 'react';

/** Our picture for empty pages: a doorway with a keyhole. */
export const Door = () => {
  const { colors } = useTheme2();
  const line = { fill: 'none', stroke: colors.text.secondary, strokeWidth: 3, strokeLinecap: 'round' as const };
  return (
    <svg width="120" height="120" viewBox="0 0 120 120" aria-hidden focusable="false">
      <circle cx="60" cy="60" r="56" fill={colors.background.secondary} />
      <path d="M36 92V54a24 24 0 0 1 48 0v38" {...line} />
      <path d="M44 92V55a16 16 0 0 1 32 0v37" {...line} strokeWidth={1.5} opacity={0.5} />
      <path d="M26 92h68" {...line} />
      <circle cx="60" cy="60" r="6" fill={colors.primary.main} />
      <path d="M58 62h4l2.5 14h-9z" fill={colors.primary.main} />
    </svg>
  );
};
