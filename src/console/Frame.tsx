import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, TextLink, useStyles2, type IconName } from '@grafana/ui';
import React, { useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation } from 'react-router-dom';
import type { Whoami } from '../api/types';
import { CheckToken } from '../components/CheckToken';
import { Choice } from '../components/Choice';
import { forcedChoice } from '../components/forcedColors';
import { openPalette } from '../components/openPalette';
import { OutageBanner } from '../components/OutageBanner';
import { IS_MAC } from '../components/shortcuts';
import { useFocusOnHeading } from '../components/useFocusOnHeading';
import type { PageProps } from '../host';
import { LANGUAGES, t } from '../i18n';
import logo from '../img/logo.svg';
import { preferences, type Preferences } from './preferences';
import { session } from './session';

/** What the frame shows around a page. */
export interface FrameProps {
  theme: Preferences['theme'];
  onTheme: (theme: Preferences['theme']) => void;
  language: string;
  /** Who has signed in, once that is known. */
  who?: Whoami;
  children: ReactNode;
}

/** The frame of every page of the console: navigation, and the choice of language and colours. */
export const Frame = ({ theme, onTheme, language, who, children }: FrameProps) => {
  const styles = useStyles2(getStyles);
  const chooseLanguage = (code: string) => {
    preferences.set({ language: code });
    // Texts are read once, at the start.
    session.reload();
  };
  return (
    <div className={styles.frame}>
      <header className={styles.side}>
        <div className={styles.brand}>
          <img src={logo} alt="" width={28} height={28} />
          <span>Ostiary</span>
        </div>
        <button type="button" className={styles.search} aria-keyshortcuts="Control+K" onClick={openPalette}>
          <Icon name="search" />
          <span className={styles.words}>{t('frame.search', 'Search')}</span>
          <kbd aria-hidden className={styles.shortcut}>
            {IS_MAC ? '⌘K' : `${t('keyboard.ctrl', 'Ctrl')} K`}
          </kbd>
        </button>
        <nav aria-label={t('frame.pages', 'Pages')} className={styles.nav}>
          <PageLink to="/" icon="graph-bar" text={t('overview.title', 'Overview')} />
          <PageLink to="/keys" below="/keys/" icon="key-skeleton-alt" text={t('keys.title', 'API keys')} />
          <PageLink to="/pools" icon="layer-group" text={t('pools.title', 'Agent pools')} />
          <PageLink to="/refused" icon="shield-exclamation" text={t('refused.title', 'Refused')} />
          <PageLink to="/endpoints" icon="plug" text={t('endpoints.title', 'Endpoints')} />
          <PageLink to="/audit" icon="history" text={t('audit.title', 'Audit trail')} />
          <PageLink to="/settings" icon="cog" text={t('settings.title', 'Settings')} />
        </nav>
        {who && <SignedInAs who={who} />}
        <div className={styles.choices}>
          <Choice
            label={t('frame.language', 'Language')}
            options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            value={language}
            onChange={chooseLanguage}
          />
          <button type="button" className={styles.link} onClick={() => onTheme(theme === 'dark' ? 'light' : 'dark')}>
            <Icon name="palette" />
            <span className={styles.words}>
              {theme === 'dark' ? t('frame.light', 'Light colours') : t('frame.dark', 'Dark colours')}
            </span>
          </button>
          <button type="button" className={styles.link} onClick={() => session.end('left')}>
            <Icon name="signout" />
            <span className={styles.words}>{t('frame.sign-out', 'Sign out')}</span>
          </button>
        </div>
      </header>
      <main className={styles.main}>{children}</main>
    </div>
  );
};

/** Whose key is in use, with the way to it, and its role. */
const SignedInAs = ({ who: { login, role, keyId } }: { who: Whoami }) => {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.who} title={login}>
      <Icon name="user" />
      <div>
        <span className="sr-only">{t('frame.signed-in', 'Signed in as')} </span>
        {keyId ? <Link to={`/keys/${keyId}`}>{login}</Link> : login}
        <div>{role}</div>
      </div>
    </div>
  );
};

interface LinkProps {
  to: string;
  /** The beginning of further addresses that belong to the page. */
  below?: string;
  icon: IconName;
  text: string;
}

const PageLink = ({ to, below, icon, text }: LinkProps) => {
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  const active = pathname === to || Boolean(below && pathname.startsWith(below));
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (active) {
      link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); // in the row of a narrow window
    }
  }, [active]);
  return (
    <Link
      ref={link}
      to={to}
      aria-current={active ? 'page' : undefined}
      className={cx(styles.link, active && styles.active)}
    >
      <Icon name={icon} />
      {text}
    </Link>
  );
};

/** A page of the console: its title, what can be done there, and the rest. */
export const ConsolePage = ({ title, subTitle, actions, parent, children }: PageProps) => {
  const styles = useStyles2(getStyles);
  useFocusOnHeading();
  useEffect(() => {
    document.title = `${title} – Ostiary`;
  }, [title]);
  return (
    <>
      {parent && (
        <div className={styles.parent}>
          <Icon name="angle-left" />{' '}
          <TextLink href={parent.href} color="secondary" inline={false}>
            {parent.title}
          </TextLink>
        </div>
      )}
      <div className={styles.head}>
        <div className={styles.titles}>
          <h1 className={styles.title}>{title}</h1>
          {subTitle && <p className={styles.subTitle}>{subTitle}</p>}
        </div>
        <div className={styles.actions}>
          <CheckToken />
          {actions}
        </div>
      </div>
      <OutageBanner />
      {children}
    </>
  );
};

const getStyles = (theme: GrafanaTheme2) => {
  const wide = theme.breakpoints.up('md');
  const narrow = theme.breakpoints.down('md');
  return {
    frame: css({ minHeight: '100vh', [wide]: { display: 'grid', gridTemplateColumns: '232px minmax(0, 1fr)' } }),
    side: css({
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'center',
      gap: theme.spacing(0.5, 1),
      padding: theme.spacing(1, 1, 0),
      background: theme.colors.background.primary,
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      [wide]: {
        position: 'sticky',
        top: 0,
        flexDirection: 'column',
        flexWrap: 'nowrap',
        alignItems: 'stretch',
        gap: theme.spacing(1, 2),
        padding: theme.spacing(2),
        height: '100vh',
        borderBottom: 0,
        borderRight: `1px solid ${theme.colors.border.weak}`,
      },
    }),
    brand: css({
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(1),
      padding: theme.spacing(0.5, 1),
      ...theme.typography.h5,
      marginBottom: 0,
      [wide]: { marginBottom: theme.spacing(2) },
    }),
    // In a narrow window the pages are a row of tabs below the rest, as wide as the window.
    nav: css({
      display: 'flex',
      [narrow]: {
        order: 1,
        width: '100%',
        overflowX: 'auto',
        a: {
          flex: '1 0 auto',
          flexDirection: 'column',
          gap: theme.spacing(0.25),
          padding: theme.spacing(0.75),
          fontSize: theme.typography.bodySmall.fontSize,
          borderBottomLeftRadius: 0,
          borderBottomRightRadius: 0,
        },
      },
      [wide]: { flexDirection: 'column', gap: theme.spacing(0.5) },
    }),
    link: css({
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(1),
      padding: theme.spacing(1),
      border: 0,
      borderRadius: theme.shape.radius.default,
      background: 'none',
      whiteSpace: 'nowrap',
      font: 'inherit',
      color: theme.colors.text.secondary,
      '&:hover': { color: theme.colors.text.primary, background: theme.colors.action.hover },
    }),
    active: css({
      color: theme.colors.text.maxContrast,
      background: theme.colors.action.selected,
      fontWeight: theme.typography.fontWeightMedium,
      boxShadow: `inset 0 -3px 0 ${theme.colors.primary.main}`,
      [wide]: { boxShadow: `inset 3px 0 0 ${theme.colors.primary.main}` },
      '&, &:hover': forcedChoice,
    }),
    search: css({
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(1),
      padding: theme.spacing(1),
      border: 0,
      borderRadius: theme.shape.radius.default,
      background: 'none',
      font: 'inherit',
      color: theme.colors.text.secondary,
      '&:hover': { color: theme.colors.text.primary, background: theme.colors.action.hover },
      [narrow]: { marginLeft: 'auto' },
      [wide]: {
        padding: theme.spacing(0.5, 1),
        border: `1px solid ${theme.colors.border.medium}`,
        background: theme.colors.background.canvas,
      },
    }),
    shortcut: css({
      marginLeft: 'auto',
      padding: theme.spacing(0, 0.5),
      border: 0,
      background: 'none',
      boxShadow: 'none',
      color: 'inherit',
      fontFamily: 'inherit',
      fontSize: theme.typography.bodySmall.fontSize,
      [narrow]: { display: 'none' },
    }),
    who: css({
      display: 'none',
      [wide]: {
        display: 'flex',
        gap: theme.spacing(1),
        marginTop: 'auto',
        padding: theme.spacing(1),
        fontSize: theme.typography.bodySmall.fontSize,
        color: theme.colors.text.secondary,
        '> div': { minWidth: 0 },
        a: {
          display: 'block',
          overflow: 'hidden',
          textOverflow: 'ellipsis',
          whiteSpace: 'nowrap',
          color: theme.colors.text.primary,
          '&:hover': { textDecoration: 'underline' },
        },
        '+ div': { marginTop: 0 },
      },
    }),
    choices: css({
      position: 'relative',
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(0.5),
      [narrow]: { '> :first-child': { width: 120 } },
      [wide]: { flexDirection: 'column', alignItems: 'stretch', marginTop: 'auto', marginLeft: 0 },
    }),
    // In a narrow window the symbol alone is seen.
    words: css({ [narrow]: { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' } }),
    main: css({
      padding: theme.spacing(3, 2),
      [wide]: { padding: theme.spacing(4) },
      '@media (min-width: 1800px)': { maxWidth: 1560 },
    }),
    parent: css({
      display: 'flex',
      alignItems: 'center',
      marginBottom: theme.spacing(1),
      color: theme.colors.text.secondary,
    }),
    head: css({
      display: 'flex',
      flexWrap: 'wrap',
      justifyContent: 'space-between',
      alignItems: 'flex-start',
      gap: theme.spacing(2),
      marginBottom: theme.spacing(3),
    }),
    // A long text takes a second line sooner than the buttons do.
    titles: css({ flex: '1 1 320px', minWidth: 0, maxWidth: '80ch' }),
    actions: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
    title: css({ ...theme.typography.h2, margin: 0, overflowWrap: 'anywhere' }),
    subTitle: css({ margin: theme.spacing(0.5, 0, 0), color: theme.colors.text.secondary }),
  };
};
