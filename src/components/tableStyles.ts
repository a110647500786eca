import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';

/** A window as narrow as a phone's. */
export const phone = (theme: GrafanaTheme2) => theme.breakpoints.down('sm');

/** When the page's column is at most this wide. The window says little: Grafana shows a menu and a panel next to it. */
const column = (pixels: number) => `@container (max-width: ${pixels}px)`;

/** The CSS variable that says below what the head of a table stays in sight. */
export const STICKY_TOP = '--ostiary-sticky-top';

/** How every table looks here. */
export const getTableStyles = (theme: GrafanaTheme2) => ({
  frame: css({
    // The frame holds what is hidden from the eye inside too, which is placed absolutely and would widen the page.
    position: 'relative',
    overflowX: 'auto',
    // Where the columns have room, what is cut off is not scrolled to, and the head can stay in sight.
    [theme.breakpoints.up('lg')]: { overflowX: 'clip', overflowY: 'clip', overflowClipMargin: 0 },
    // What a table needs at least must not widen the page either; it is as wide as the page leaves it.
    containerType: 'inline-size',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
  }),
  table: css({
    width: '100%',
    borderCollapse: 'collapse',
    'th, td': {
      padding: theme.spacing(1, 1.5),
      textAlign: 'left',
      verticalAlign: 'middle',
      [phone(theme)]: { padding: theme.spacing(1, 0.75) },
    },
    th: {
      height: theme.spacing(5),
      whiteSpace: 'nowrap',
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      fontWeight: theme.typography.fontWeightMedium,
      background: theme.colors.background.secondary,
      // Above the boxes of rows, which Grafana lifts.
      [theme.breakpoints.up('lg')]: { position: 'sticky', top: `var(${STICKY_TOP}, 0px)`, zIndex: 3 },
    },
    td: { borderTop: `1px solid ${theme.colors.border.weak}` },
    // Grafana's own colours for this are so strong that small letters could not be read on them.
    'tbody tr:hover': { background: theme.colors.emphasize(theme.colors.background.primary, 0.02) },
    'tbody tr[aria-selected="true"]': {
      background: theme.colors.emphasize(theme.colors.background.primary, 0.04),
      boxShadow: `inset 3px 0 0 ${theme.colors.primary.main}`,
    },
  }),
  sub: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    overflowWrap: 'anywhere',
  }),
  exact: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
  }),
  oneLine: css({ whiteSpace: 'nowrap' }),
  /** The whole of it is in its title. */
  twoLines: css({ display: '-webkit-box', overflow: 'hidden', WebkitBoxOrient: 'vertical', WebkitLineClamp: 2 }),
  quiet: css({ color: theme.colors.text.secondary }),
  mono: css({ fontFamily: theme.typography.fontFamilyMonospace }),
  narrow: css({ width: 1, whiteSpace: 'nowrap', button: { margin: 0, verticalAlign: 'middle' } }),
  roomy: css({ minWidth: 190 }),
  /** What a phone has no room for in a column: a page of its own shows it, or a line below the name. */
  spacious: css({ [column(560)]: { display: 'none' } }),
  /** What stands below the name in place of such columns. */
  crampedOnly: css({ display: 'none', [column(560)]: { display: 'block' } }),
  /** What a narrow column has no room for. */
  roomyOnly: css({ [column(900)]: { display: 'none' } }),
  /** What only a wide column has room for. */
  wideOnly: css({ [column(1180)]: { display: 'none' } }),
  stale: css({ opacity: 0.6 }),
});

/**
 * How a table looks whose rows are cards on a phone: the table's own style, and those of its cells. The table needs its
 * roles written out, or screen readers take it for none there.
 * @param areas where the cells are in a card, as the grid's template, and how wide its columns are
 */
export function getCardStyles(theme: GrafanaTheme2, areas: string) {
  return {
    table: css({
      [phone(theme)]: {
        display: 'block',
        'thead, tbody': { display: 'block' },
        thead: { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' },
        'tbody tr': {
          display: 'grid',
          gridTemplate: areas,
          gap: theme.spacing(0.5, 2),
          padding: theme.spacing(1.5),
          '& + tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
        },
        'tbody td': { padding: 0 },
      },
    }),
    /** The style of the cell in an area, with what it has more in a card. */
    cell: (area: string, more = {}) => css({ [phone(theme)]: { '&&': { gridArea: area, border: 0, ...more } } }),
  };
}
