import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, type IconName } from '@grafana/ui';
import React, { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router-dom';
import { api } from '../api/client';
import { useQuery } from '../api/useQuery';
import { useHost } from '../host';
import { t } from '../i18n';
import { useCaller } from './Caller';
import { Dialog } from './Dialog';
import { forcedChoice } from './forcedColors';
import { FIRST_STEPS, linkTo } from './links';
import { goals, type Asked } from './shortcuts';
import { useDelayed } from './useDelayed';
import { keysWith } from './usePools';
import { withoutSecret } from './withoutSecret';

interface Props {
  onClose: () => void;
  onCheck: () => void;
  onHelp: () => void;
}

interface Entry {
  id: string;
  icon: IconName;
  text: string;
  /** What it is, in smaller letters. */
  note: string;
  run: () => void;
}

/** How many keys are found at once, and how many pools and endpoints together. */
const KEYS = 8;

/** Leads to pages, keys, pools and endpoints, and does things, by what is typed. */
export const Palette = ({ onClose, onCheck, onHelp }: Props) => {
  const styles = useStyles2(getStyles);
  const { href } = useHost();
  const { can } = useCaller();
  const navigate = useNavigate();
  const [asked, setAsked] = useState('');
  const [typed, type] = useDelayed(asked, setAsked);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const manages = can('manage');
  const { data } = useQuery(
    useCallback(
      async (signal: AbortSignal) =>
        manages && asked.trim() ? (await api.keys({ q: withoutSecret(asked.trim()), limit: KEYS }, signal)).keys : [],
      [asked, manages]
    )
  );

  const begun = manages && asked.trim() !== '';
  const { data: pools } = useQuery(
    useCallback(async (signal: AbortSignal) => (begun ? (await api.pools(signal)).pools : []), [begun])
  );
  const { data: endpoints } = useQuery(
    useCallback(async (signal: AbortSignal) => (begun ? (await api.endpoints(signal)).endpoints : []), [begun])
  );

  const go = (page: string, state?: Asked) => () => navigate(href(page), { state });
  const acts: Entry[] = [
    ...(manages
      ? [
          {
            id: 'create',
            icon: 'plus' as const,
            text: t('keys.create', 'Create key'),
            note: 'c',
            run: go('keys', { act: 'create' }),
          },
          {
            id: 'first-steps',
            icon: 'info-circle' as const,
            text: t('first.steps', 'First steps'),
            note: '',
            run: () => navigate(linkTo(href, '', { [FIRST_STEPS]: 'true' })),
          },
          {
            id: 'import',
            icon: 'download-alt' as const,
            text: t('import.title', 'Import keys'),
            note: '',
            run: go('keys', { act: 'import' }),
          },
        ]
      : []),
    { id: 'check', icon: 'key-skeleton-alt', text: t('verify.title', 'Check a token'), note: 't', run: onCheck },
    { id: 'help', icon: 'info-circle', text: t('shortcut.title', 'Keyboard shortcuts'), note: '?', run: onHelp },
  ];
  const pages = goals().map(({ key, page, title }): Entry => ({
    id: `page-${key}`,
    icon: 'angle-right',
    text: title,
    note: `g ${key}`,
    run: go(page),
  }));
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ text }: Entry) => words.every((word) => text.toLowerCase().includes(word));
  const keys = (data ?? []).map(({ id, name, role, owner }): Entry => ({
    id,
    icon: 'key-skeleton-alt',
    text: name,
    note: [role, owner].filter(Boolean).join(' · '),
    run: go(`keys/${id}`),
  }));
  // They lead to the keys that are of them.
  const placesOf = (
    kind: 'pool' | 'endpoint',
    icon: IconName,
    note: string,
    list: ReadonlyArray<{ name: string }> = []
  ) =>
    list.map(({ name }): Entry => ({
      id: `${kind}-${name}`,
      icon,
      text: name,
      note,
      run: () => navigate(keysWith(kind, name, href)),
    }));
  const places = typed.trim()
    ? [
        ...placesOf('pool', 'layer-group', t('key.pool', 'Pool'), pools),
        ...placesOf('endpoint', 'plug', t('palette.endpoint', 'Endpoint'), endpoints),
      ].filter(fits)
    : [];
  const shown = [...[...acts, ...pages].filter(fits), ...places.slice(0, KEYS), ...keys];
  const chosen = Math.min(at, shown.length - 1);

  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const run = (entry: Entry | undefined) => {
    if (entry) {
      onClose();
      entry.run();
    }
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && shown.length) {
      event.preventDefault();
      setAt((chosen + by + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(shown[chosen]);
    }
  };
  return (
    <Dialog title={t('palette.title', 'Go to')} width={600} onDismiss={onClose}>
      <input
        className={styles.input}
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={shown.length ? 'palette-list' : undefined}
        aria-autocomplete="list"
        aria-activedescendant={shown.length ? `palette-${chosen}` : undefined}
        aria-label={t('palette.label', 'A page, a key, a pool, an endpoint, or something to do')}
        placeholder={t('palette.label', 'A page, a key, a pool, an endpoint, or something to do')}
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={typed}
        onChange={(e) => {
          type(e.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      {shown.length ? (
        <ul
          ref={list}
          id="palette-list"
          role="listbox"
          className={styles.list}
          aria-label={t('palette.title', 'Go to')}
        >
          {shown.map((entry, i) => (
            <li
              key={entry.id}
              id={`palette-${i}`}
              role="option"
              aria-selected={i === chosen}
              className={cx(styles.entry, i === chosen && styles.chosen)}
              onPointerMove={() => setAt(i)}
              onClick={() => run(entry)}
            >
              <Icon name={entry.icon} />
              <span className={styles.text}>{entry.text}</span>
              <span className={styles.note}>{entry.note}</span>
            </li>
          ))}
        </ul>
      ) : (
        <p role="status">{t('palette.nothing', 'Nothing is called so.')}</p>
      )}
    </Dialog>
  );
};

const getStyles = (theme: GrafanaTheme2) => ({
  input: css({
    width: '100%',
    padding: theme.spacing(1, 1.5),
    border: `1px solid ${theme.components.input.borderColor}`,
    borderRadius: theme.shape.radius.default,
    background: theme.components.input.background,
    color: theme.components.input.text,
    font: 'inherit',
    '&::placeholder': { color: theme.colors.text.disabled, opacity: 1 },
    '&:focus': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 1 },
  }),
  list: css({
    maxHeight: theme.spacing(48),
    margin: theme.spacing(1, 0, 0),
    padding: 0,
    overflow: 'auto',
    listStyle: 'none',
  }),
  entry: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    padding: theme.spacing(0.75, 1.5),
    borderRadius: theme.shape.radius.default,
    cursor: 'pointer',
  }),
  chosen: css({
    background: theme.colors.action.focus,
    '> span': { color: theme.colors.text.primary },
    '&, > span': forcedChoice,
  }),
  text: css({ flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  note: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
