import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import { t } from '../i18n';
import { Glyph } from './Glyph';
import { Mistake } from './Mistake';
import { NO_FILTER, readSearch, sameFilter, writeSearch } from './search';
import { Suggest } from './Suggest';
import type { KeyFilter } from './useKeyList';
import { useSearchSuggestions } from './useSearchSuggestions';

interface Props {
  filter: KeyFilter;
  pools: readonly string[];
  onChange: (filter: KeyFilter) => void;
  /** Told when the search holds a mistake, so that the list still shows what was searched for before; and when it does no longer. */
  onWider: (wider: boolean) => void;
}

/** How long typing must pause before the search goes out, in milliseconds. */
const PAUSE = 250;

/** The field of the search. It shows all that the list is narrowed by, and what is typed narrows it. */
export const SearchField = ({ filter, pools, onChange, onWider }: Props) => {
  const styles = useStyles2(getStyles);
  const written = writeSearch(filter);
  const [typed, setTyped] = useState(written);
  const [known, setKnown] = useState(written);
  const [used, setUsed] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  if (known !== written) {
    setKnown(written);
    // What was typed stays as it was typed, if it says the same.
    const read = readSearch(typed);
    if (read.wider || !sameFilter(read.filter, filter)) {
      setTyped(written);
    }
  }
  const { wrong, wider = false } = readSearch(typed);
  useEffect(() => onWider(wider), [onWider, wider]);
  useEffect(() => () => onWider(false), [onWider]);
  const send = (text: string) => {
    clearTimeout(timer.current);
    const read = readSearch(text);
    if (!read.wider && !sameFilter(read.filter, filter)) {
      onChange(read.filter);
    }
  };
  const type = (text: string, pause = PAUSE) => {
    setUsed(true);
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send(text), pause);
  };
  const begin = () => {
    setUsed(true);
    // What is typed next is another word.
    setTyped((text) => (text && !text.endsWith(' ') ? `${text} ` : text));
  };
  const { suggestions, pick } = useSearchSuggestions(typed, used, pools);
  return (
    <div className={styles.place} onFocus={begin}>
      <Suggest
        id="search"
        label={t('filter.search', 'Search keys')}
        placeholder={t('filter.search-for', 'Words, role:agent, owner:ada')}
        value={typed}
        onChange={type}
        onPick={(value) => type(pick(value), 0)}
        asTheyAre
        suggestions={suggestions}
        invalid={Boolean(wrong)}
        onKeyDown={(event) => event.key === 'Enter' && send(typed)}
        before={<Icon name="search" className={styles.icon} />}
        after={
          typed && (
            <button
              type="button"
              className={styles.clear}
              aria-label={t('filter.clear', 'Clear filters')}
              onClick={() => {
                clearTimeout(timer.current);
                setTyped('');
                onChange(NO_FILTER);
              }}
            >
              <Glyph name="x" size={10} />
            </button>
          )
        }
      />
      <Mistake text={wrong} />
    </div>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({ flex: '1 1 180px', maxWidth: 520, minWidth: 0 }),
  icon: css({ color: theme.colors.text.secondary }),
  clear: css({
    display: 'inline-grid',
    placeItems: 'center',
    width: theme.spacing(3),
    height: theme.spacing(3),
    padding: 0,
    border: 0,
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: theme.colors.text.secondary,
    '&:hover': { color: theme.colors.text.primary, background: theme.colors.action.hover },
  }),
});
