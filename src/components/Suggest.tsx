import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { forcedChoice } from './forcedColors';

/** Something that could be meant. */
export interface Suggestion {
  value: string;
  /** What is shown in its place. */
  label?: string;
  /** What it is, in smaller letters. */
  description?: string;
}

interface Props {
  id: string;
  /** What is typed. */
  value: string;
  onChange: (typed: string) => void;
  /** Takes what was chosen from the list. */
  onPick: (value: string) => void;
  suggestions: readonly Suggestion[];
  placeholder?: string;
  invalid?: boolean;
  /** The field's name, where no label is seen; SuggestField shows one. */
  label?: string;
  /** Whether the suggestions are shown as they are; otherwise those that hold what is typed. */
  asTheyAre?: boolean;
  /** Stands in the field before what is typed. */
  before?: ReactNode;
  /** Stands behind it. */
  after?: ReactNode;
  /** Is asked first about each key. */
  onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void;
  onBlur?: () => void;
}

/** How many suggestions are shown: more help nobody, and typing narrows them. */
const MOST = 50;

/**
 * A field for any text, with a list of what could be meant. Grafana's own leave an empty list open, in which screen
 * readers find no options, and keep what was typed only when it was chosen in the list.
 */
export const Suggest = (props: Props) => {
  const { id, value, onChange, onPick, suggestions, asTheyAre = false, before, onKeyDown, onBlur } = props;
  const styles = useStyles2(getStyles);
  const [wanted, setWanted] = useState(false);
  const [at, setAt] = useState(-1);
  const list = useRef<HTMLUListElement>(null);
  const found = asTheyAre ? suggestions : matching(suggestions, value);
  const shown = wanted ? found : [];
  const open = shown.length > 0;
  const listId = `${id}-list`;

  useEffect(() => {
    const target = at >= 0 ? list.current?.children[at] : list.current;
    target?.scrollIntoView({ block: 'nearest' });
  }, [open, at]);

  const close = () => {
    setWanted(false);
    setAt(-1);
  };
  const pick = (picked: string) => {
    onPick(picked);
    close();
  };
  const move = (by: number) => {
    setWanted(true);
    setAt((last) => Math.max(-1, Math.min(last + by, found.length - 1)));
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const keys: Record<string, (() => void) | undefined> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Enter: open && at >= 0 ? () => pick(shown[at].value) : undefined,
      Escape: open ? close : undefined,
    };
    const act = keys[event.key];
    if (!act) {
      if (event.key === 'Enter') {
        close(); // what is typed is meant
      }
      onKeyDown?.(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // or Escape would close the dialog as well
    act();
  };
  return (
    <div className={styles.place}>
      <div className={cx(styles.field, props.invalid && styles.invalid)}>
        {before}
        <input
          id={id}
          className={styles.input}
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          aria-label={props.label}
          aria-expanded={open}
          aria-controls={open ? listId : undefined}
          aria-autocomplete="list"
          aria-activedescendant={open && at >= 0 ? `${listId}-${at}` : undefined}
          aria-invalid={Boolean(props.invalid)}
          placeholder={props.placeholder}
          value={value}
          onChange={(e) => {
            onChange(e.currentTarget.value);
            setWanted(!asTheyAre || e.currentTarget.value !== ''); // emptying it asks for nothing
            setAt(-1);
          }}
          onClick={() => setWanted(true)}
          onKeyDown={press}
          onBlur={() => {
            close();
            onBlur?.();
          }}
        />
        {props.after}
      </div>
      {open && (
        <ul
          ref={list}
          id={listId}
          role="listbox"
          className={styles.list}
          aria-label={props.label}
          aria-labelledby={props.label ? undefined : labelId(id)}
        >
          {shown.map((suggestion, i) => (
            <li
              key={suggestion.value}
              id={`${listId}-${i}`}
              role="option"
              aria-selected={i === at}
              className={cx(styles.option, i === at && styles.here)}
              onPointerDown={(e) => e.preventDefault()} // the field keeps the focus
              onClick={() => pick(suggestion.value)}
            >
              {suggestion.label ?? suggestion.value}
              {suggestion.description && <div className={styles.description}>{suggestion.description}</div>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

/** The id of a field's label: the list has the field's name, whatever is chosen in it. */
export const labelId = (field: string) => `${field}-label`;

/** The suggestions that hold what is typed; those that begin with it first. */
function matching(suggestions: readonly Suggestion[], typed: string): Suggestion[] {
  const words = typed.trim().toLowerCase();
  const found = suggestions.filter(({ value }) => value.toLowerCase().includes(words) && value !== typed);
  const begins = ({ value }: Suggestion) => (value.toLowerCase().startsWith(words) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, MOST);
}

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({ position: 'relative' }),
  field: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    minHeight: theme.spacing(4),
    padding: theme.spacing(0.375, 1),
    border: `1px solid ${theme.components.input.borderColor}`,
    borderRadius: theme.shape.radius.default,
    background: theme.components.input.background,
    '&:hover': { borderColor: theme.components.input.borderHover },
    '&:focus-within': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 1 },
  }),
  invalid: css({ '&, &:hover': { borderColor: theme.colors.error.border } }),
  input: css({
    flex: '1 1 80px',
    minWidth: 0,
    padding: 0,
    border: 0,
    outline: 0,
    background: 'none',
    color: theme.components.input.text,
    font: 'inherit',
    '&::placeholder': { color: theme.colors.text.disabled, opacity: 1 },
    '&:focus, &:focus-visible': { outline: 0, boxShadow: 'none' },
  }),
  list: css({
    position: 'absolute',
    zIndex: theme.zIndex.dropdown,
    top: `calc(100% + ${theme.spacing(0.5)})`,
    left: 0,
    right: 0,
    maxHeight: theme.spacing(30),
    margin: 0,
    padding: theme.spacing(0.5),
    overflow: 'auto',
    listStyle: 'none',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
    boxShadow: theme.shadows.z3,
  }),
  option: css({
    padding: theme.spacing(0.75, 1),
    borderRadius: theme.shape.radius.default,
    overflowWrap: 'anywhere',
    cursor: 'pointer',
    '&:hover': { background: theme.colors.action.hover },
    '&:hover > div': { color: theme.colors.text.primary }, // the other grey is too weak on this one
  }),
  here: css({
    background: theme.colors.action.focus,
    '> div': { color: theme.colors.text.primary },
    '&, > div': forcedChoice,
  }),
  description: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
