import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { forcedChoice } from './forcedColors';

interface Props {
  /** What they are a choice of. */
  label: string;
  tabs: ReadonlyArray<{ id: string; title: string }>;
  shown: string;
  onShow: (id: string) => void;
  /** What belongs to the one that is shown. */
  children: ReactNode;
}

/** Tabs one below the other at the side of what they show: many have room there. On a phone they are a row to push. */
export const SideTabs = ({ label, tabs, shown, onShow, children }: Props) => {
  const styles = useStyles2(getStyles);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const press = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.id === shown);
    const to: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[to[event.key]];
    if (next) {
      event.preventDefault();
      onShow(next.id);
      list.current?.querySelectorAll('button')[tabs.indexOf(next)]?.focus();
    }
  };
  return (
    <div className={styles.place}>
      <div ref={list} role="tablist" aria-label={label} aria-orientation="vertical" className={styles.list}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            aria-selected={tab.id === shown}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === shown ? 0 : -1}
            className={cx(styles.tab, tab.id === shown && styles.shown)}
            onClick={() => onShow(tab.id)}
            onKeyDown={press}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`} className={styles.panel}>
        {children}
      </div>
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({
    display: 'grid',
    gridTemplateColumns: 'auto minmax(0, 1fr)',
    gap: theme.spacing(2),
    [theme.breakpoints.down('sm')]: { gridTemplateColumns: 'minmax(0, 1fr)', gap: theme.spacing(1) },
  }),
  list: css({
    display: 'flex',
    flexDirection: 'column',
    minWidth: 0,
    [theme.breakpoints.down('sm')]: { flexDirection: 'row', overflowX: 'auto', paddingBottom: theme.spacing(0.5) },
  }),
  tab: css({
    padding: theme.spacing(0.5, 1.5),
    border: 0,
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: theme.colors.text.secondary,
    textAlign: 'left',
    whiteSpace: 'nowrap',
    '&:hover': { color: theme.colors.text.primary, background: theme.colors.action.hover },
  }),
  shown: css({
    '&, &:hover': {
      color: theme.colors.text.maxContrast,
      background: theme.colors.action.selected,
      ...forcedChoice,
    },
    boxShadow: `inset 3px 0 0 ${theme.colors.primary.main}`,
  }),
  panel: css({ minWidth: 0 }),
});
