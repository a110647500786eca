import '../../console/boot';
import { cache } from '@emotion/css';
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
} from '@grafana/data';
import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import * as grafanaRuntime from '@grafana/runtime';
import {
  locationService,
  LocationServiceProvider,
  setAppEvents,
  setBackendSrv,
  type PluginPageProps,
} from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import { GlobalStyles, PortalContainer, Stack } from '@grafana/ui';
import * as i18next from 'i18next';
import React, { useLayoutEffect, useState } from 'react';
import * as reactDom from 'react-dom';
import { createRoot } from 'react-dom/client';
import * as reactRouter from 'react-router';
import { Link, Route, Router, Routes, useLocation } from 'react-router-dom';
import * as rxjs from 'rxjs';
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

/** The frame of a plugin's page, with the title, the actions and the way back that Grafana shows. */
const Page = ({ pageNav, subTitle, actions, children }: PluginPageProps) => (
  <>
    {pageNav?.parentItem && <Link to={pageNav.parentItem.url ?? ''}>{pageNav.parentItem.text}</Link>}
    <Stack direction="row" justifyContent="space-between" wrap="wrap">
      <div>
        <h1>{pageNav?.text}</h1>
        <p>{subTitle}</p>
      </div>
      {actions}
    </Stack>
    {children}
  </>
);

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
}

const Frame = ({ plugin, includes }: { plugin: AppPlugin; includes: Include[] }) => {
  const Root = plugin.root as React.ComponentType<Pick<AppRootProps, 'meta' | 'basename'>>;
  const { search } = useLocation();
  const shown = plugin.configPages?.find(({ id }) => id === new URLSearchParams(search).get('page'));
  const Config = shown?.body as React.ComponentType<{ plugin: AppPlugin; query: object }> | undefined;
  return (
    <div style={{ display: 'grid', gridTemplateColumns: '200px minmax(0, 1fr)', gap: 24, padding: 24 }}>
      <nav aria-label="Pages" style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
        {includes.map(({ name, path }) => (
          <Link key={path} to={path}>
            {name}
          </Link>
        ))}
      </nav>
      <main>
        <Routes>
          <Route path={`/a/${PLUGIN_ID}/*`} element={<Root meta={plugin.meta} basename={`/a/${PLUGIN_ID}`} />} />
          <Route
            path={`/plugins/${PLUGIN_ID}`}
            element={
              <>
                <h1>{shown?.title}</h1>
                {Config && <Config plugin={plugin} query={{}} />}
              </>
            }
          />
        </Routes>
      </main>
    </div>
  );
};

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
  setAppEvents(events);
  setTimeZoneResolver(() => 'browser');
  locationUtil.initialize({
    config: { appSubUrl: '' } as GrafanaConfig,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: 'now', to: 'now' }),
  });
  const { language, theme } = preferences.get();
  const known = language.startsWith('de') ? 'de-DE' : DEFAULT_LANGUAGE;
  await i18next.default.init({
    resources: { [known]: { grafana: { name: 'Grafana' } } },
    lng: known,
    fallbackLng: DEFAULT_LANGUAGE,
    returnEmptyString: false,
  });
  document.documentElement.lang = known;
  document.title = 'Grafana';

  const read = async (path: string) => (await fetch(path)).json();
  const [plugin, settings, about] = await Promise.all([
    loadPlugin(),
    read(`/api/plugins/${PLUGIN_ID}/settings`),
    read(PUBLIC + 'plugin.json'),
  ]);
  plugin.meta = { ...about, ...settings };
  const includes = about.includes.filter(({ type }: Include) => type === 'page');

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
