import '../../console/boot';
import { cache, css } from '@emotion/css';
import * as emotionCss from '@emotion/css';
import { CacheProvider, Global } from '@emotion/react';
import * as grafanaData from '@grafana/data';
import {
  createTheme,
  locationUtil,
  setTimeZoneResolver,
  ThemeContext,
  type AppPlugin,
  type AppRootProps,
  type GrafanaConfig,
  type GrafanaTheme2,
} from '@grafana/data';
import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import * as grafanaRuntime from '@grafana/runtime';
import {
  locationService,
  LocationServiceProvider,
  setAppEvents,
  setBackendSrv,
  setChromeHeaderHeightHook,
  type PluginPageProps,
} from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import { Box, GlobalStyles, PortalContainer, Stack, useStyles2 } from '@grafana/ui';
import * as i18next from 'i18next';
import React, { createContext, useContext, useLayoutEffect, useState } from 'react';
import * as reactDom from 'react-dom';
import { createRoot } from 'react-dom/client';
import * as reactRouter from 'react-router';
import { Link, Route, Router, Routes, useLocation } from 'react-router-dom';
import * as rxjs from 'rxjs';
import type { Role } from '../../api/types';
import { backend } from '../../console/backend';
import { events } from '../../console/events';
import { provideIcons } from '../../console/icons';
import { preferences } from '../../console/preferences';
import { Toasts } from '../../console/Toasts';
import { PLUGIN_ID } from '../../constants';

/*
 * Stands in for Grafana's own pages in the end-to-end tests: it loads the plugin's module.js as Grafana does, gives it
 * the libraries that Grafana shares with plugins, and shows its root page and its config pages.
 */

const PUBLIC = `/public/plugins/${PLUGIN_ID}/`;

/** A step of the way to a page. */
interface Crumb {
  text: string;
  url?: string;
  parentItem?: Crumb;
}

/** Where a page of the app lies in Grafana's menu. */
const SectionContext = createContext<Crumb>({ text: '' });

/**
 * The steps to a page, as Grafana names them above it: those of the page itself, then those of the menu. The entry of
 * the menu is left out if its address is the one of the outermost step of the page.
 */
function trail(page: Crumb | undefined, section: Crumb): string[] {
  const steps: string[] = [];
  let last: string | undefined;
  const add = (step: Crumb | undefined, once = false) => {
    for (let at = step; at; at = at.parentItem) {
      const path = at.url?.split('?')[0] ?? '';
      if (!(once && path && path === last)) {
        steps.unshift(at.text);
      }
      last = path;
      once = false;
    }
  };
  add(page);
  add(section, true);
  return steps;
}

/** The frame of a plugin's page, with the title, the actions and the way back, laid out by Grafana's own rules. */
const Page = ({ pageNav, subTitle, actions, children }: PluginPageProps) => {
  const section = useContext(SectionContext);
  const styles = useStyles2(getPageStyles);
  return (
    <div className={styles.wrapper}>
      <div className={styles.inner}>
        <ol aria-label="Breadcrumbs" className={styles.crumbs}>
          {trail(pageNav, section).map((text, i) => (
            <li key={i}>{text}</li>
          ))}
        </ol>
        {pageNav?.parentItem && <Link to={pageNav.parentItem.url ?? ''}>{pageNav.parentItem.text}</Link>}
        <div className={styles.header}>
          <div className={styles.topRow}>
            <div className={styles.title}>
              <h1>{pageNav?.text}</h1>
            </div>
            <div className={styles.actions}>{actions}</div>
          </div>
          {subTitle && <div className={styles.subTitle}>{subTitle}</div>}
        </div>
        <div className={styles.content}>{children}</div>
      </div>
    </div>
  );
};

/** Of Grafana 12: pages, their headers, and the page of a plugin's details. */
const getPageStyles = (theme: GrafanaTheme2) => ({
  wrapper: css({ position: 'relative', display: 'flex', flex: '1 1 0', flexDirection: 'column' }),
  inner: css({
    display: 'flex',
    flexDirection: 'column',
    flexGrow: 1,
    padding: theme.spacing(2),
    [theme.breakpoints.up('md')]: { padding: theme.spacing(4) },
  }),
  crumbs: css({ display: 'flex', gap: theme.spacing(2), listStyle: 'none' }),
  header: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), marginBottom: theme.spacing(2) }),
  topRow: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-start',
    gap: theme.spacing(1, 2),
  }),
  title: css({ display: 'flex', flex: 1, maxWidth: '100%', h1: { display: 'flex', marginBottom: 0 } }),
  actions: css({ display: 'flex', gap: theme.spacing(1) }),
  subTitle: css({ position: 'relative', color: theme.colors.text.secondary }),
  content: css({ flexGrow: 1 }),
  tab: css({ width: '100%', paddingLeft: 5 }),
});

/** A tab of the page of a plugin's details, with the panel that Grafana shows next to it. */
const DetailsPage = ({ title, children }: { title?: string; children: React.ReactNode }) => {
  const styles = useStyles2(getPageStyles);
  return (
    <Page pageNav={{ text: title ?? '' }}>
      <Stack gap={4} justifyContent="space-between" direction={{ xs: 'column-reverse', sm: 'row' }}>
        <div className={styles.tab}>{children}</div>
        <Stack direction="column" gap={3} shrink={0} grow={0} width="250px" data-testid="plugin-details-panel">
          <Box padding={2} borderColor="medium" borderStyle="solid">
            Installed version: 0.1.0
          </Box>
        </Stack>
      </Stack>
    </Page>
  );
};

/** What Grafana shares. A plugin that asks for anything else does not load in Grafana. */
const shared: Record<string, unknown> = {
  '@emotion/css': emotionCss,
  '@grafana/data': grafanaData,
  '@grafana/runtime': { ...grafanaRuntime, PluginPage: Page },
  '@grafana/ui': grafanaUi,
  i18next: i18next,
  react: React,
  'react-dom': reactDom,
  'react-router': reactRouter,
  rxjs,
  module: { uri: PUBLIC + 'module.js' },
};

type Define = (names: string[], factory: (...modules: unknown[]) => unknown) => void;

/** Loads the plugin, which is an AMD module. */
function loadPlugin(): Promise<AppPlugin> {
  return new Promise((resolve, reject) => {
    const define: Define = (names, factory) => {
      const unknown = names.filter((name) => !(name in shared));
      if (unknown.length) {
        reject(new Error(`Grafana does not share ${unknown.join(', ')}`));
        return;
      }
      Reflect.deleteProperty(window, 'define'); // or axe would take itself for a plugin
      resolve((factory(...names.map((name) => shared[name])) as { plugin: AppPlugin }).plugin);
    };
    Object.assign(window, { define: Object.assign(define, { amd: {} }) });
    const script = document.createElement('script');
    script.src = PUBLIC + 'module.js';
    script.onerror = () => reject(new Error('module.js does not load'));
    document.head.append(script);
  });
}

interface Include {
  type: string;
  name: string;
  path: string;
  role: Role;
}

const Frame = ({ plugin, includes }: { plugin: AppPlugin; includes: Include[] }) => {
  const styles = useStyles2(getFrameStyles);
  const Root = plugin.root as React.ComponentType<Pick<AppRootProps, 'meta' | 'basename'>>;
  const { pathname, search } = useLocation();
  const shown = plugin.configPages?.find(({ id }) => id === new URLSearchParams(search).get('page'));
  const Config = shown?.body as React.ComponentType<{ plugin: AppPlugin; query: object }> | undefined;
  const app = { text: plugin.meta.name, url: `/a/${PLUGIN_ID}`, parentItem: { text: 'Home', url: '/' } };
  const entry = includes
    .filter(({ path }) => `${pathname}/`.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
  return (
    <>
      <nav aria-label="Pages" className={styles.menu}>
        {includes.map(({ name, path }) => (
          <Link key={path} to={path}>
            {name}
          </Link>
        ))}
      </nav>
      <main className={styles.page}>
        <SectionContext.Provider value={entry ? { text: entry.name, url: entry.path, parentItem: app } : app}>
          <Routes>
            <Route path={`/a/${PLUGIN_ID}/*`} element={<Root meta={plugin.meta} basename={`/a/${PLUGIN_ID}`} />} />
            <Route
              path={`/plugins/${PLUGIN_ID}`}
              element={
                <DetailsPage title={shown?.title}>{Config && <Config plugin={plugin} query={{}} />}</DetailsPage>
              }
            />
          </Routes>
        </SectionContext.Provider>
      </main>
    </>
  );
};

/** Of Grafana 12: the menu is docked in a wide window, and the page next to it grows with its content. */
const getFrameStyles = (theme: GrafanaTheme2) => ({
  menu: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1.5),
    padding: theme.spacing(2),
    [theme.breakpoints.up('xl')]: { position: 'fixed', inset: '0 auto 0 0', flexDirection: 'column', width: 300 },
  }),
  page: css({
    display: 'flex',
    flexDirection: 'column',
    minHeight: '100vh',
    [theme.breakpoints.up('xl')]: { paddingLeft: 300 },
  }),
});

/** A router that follows Grafana's location service, as Grafana's own does. */
const LocationRouter = ({ children }: { children: React.ReactNode }) => {
  const history = locationService.getHistory();
  const [location, setLocation] = useState(history.location);
  useLayoutEffect(() => history.listen((next: typeof location) => setLocation(next)), [history]);
  return (
    <Router navigator={history} location={location}>
      {children}
    </Router>
  );
};

async function start() {
  provideIcons();
  setBackendSrv(backend);
  setChromeHeaderHeightHook(() => 0); // the frame's head scrolls with the page
  setAppEvents(events);
  setTimeZoneResolver(() => 'browser');
  locationUtil.initialize({
    config: { appSubUrl: '' } as GrafanaConfig,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: 'now', to: 'now' }),
  });
  const { language, theme } = preferences.get();
  const known = ['de-DE', 'fr-FR'].find((name) => name.startsWith(language.slice(0, 2))) ?? DEFAULT_LANGUAGE;
  await i18next.default.init({
    resources: { [known]: { grafana: { name: 'Grafana' } } },
    lng: known,
    fallbackLng: DEFAULT_LANGUAGE,
    returnEmptyString: false,
  });
  document.documentElement.lang = known;
  document.title = 'Grafana';

  const read = async (path: string) => (await fetch(path)).json();
  const [plugin, settings, about, { role }] = await Promise.all([
    loadPlugin(),
    read(`/api/plugins/${PLUGIN_ID}/settings`),
    read(PUBLIC + 'plugin.json'),
    read(`/api/plugins/${PLUGIN_ID}/resources/v1/whoami`),
  ]);
  plugin.meta = { ...about, ...settings };
  const rank: Role[] = ['Viewer', 'Editor', 'Admin'];
  const includes = about.includes.filter(
    (include: Include) => include.type === 'page' && rank.indexOf(include.role) <= rank.indexOf(role)
  );

  createRoot(document.getElementById('root')!).render(
    <CacheProvider value={cache}>
      <ThemeContext.Provider value={createTheme({ colors: { mode: theme } })}>
        <GlobalStyles />
        <Global styles={{ body: { margin: 0 } }} />
        <LocationServiceProvider service={locationService}>
          <LocationRouter>
            <Frame plugin={plugin} includes={includes} />
            <PortalContainer />
            <Toasts />
          </LocationRouter>
        </LocationServiceProvider>
      </ThemeContext.Provider>
    </CacheProvider>
  );
}

start();
