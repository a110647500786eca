import { colorManipulator, type GrafanaTheme2, type ThemeRichColor } from '@grafana/data';

/** The least contrast of letters that anybody can read (WCAG 2.2, 1.4.3). */
const CONTRAST = 4.5;

/**
 * Grafana's theme with buttons that can be read under the mouse and in focus. The dark one makes them brighter there,
 * too bright for their white letters; those become darker instead.
 */
export function legible(theme: GrafanaTheme2): GrafanaTheme2 {
  const { primary, error, success } = theme.colors;
  return {
    ...theme,
    colors: { ...theme.colors, primary: darker(primary), error: darker(error), success: darker(success) },
  };
}

const darker = (color: ThemeRichColor): ThemeRichColor =>
  colorManipulator.getContrastRatio(color.contrastText, color.shade) < CONTRAST
    ? { ...color, shade: colorManipulator.darken(color.main, 0.15) }
    : color;
