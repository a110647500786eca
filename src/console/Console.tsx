import { cache } from '@emotion/css';
import { CacheProvider, Global } from '@emotion/react';
import { createTheme, ThemeContext } from '@grafana/data';
import { locationService, LocationServiceProvider } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import React, { lazy, useLayoutEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Route, Router } from 'react-router-dom';
import type { Whoami } from '../api/types';
import { legible } from '../components/legible';
import { HostProvider, type Host } from '../host';
import { App } from '../pages/App';
import { ConsolePage, Frame, type FrameProps } from './Frame';
import { Login, LoginDialog } from './Login';
import { preferences } from './preferences';
import { session } from './session';
import { Toasts } from './Toasts';

const SettingsPage = lazy(async () => ({ default: (await import('../pages/SettingsPage')).SettingsPage }));

const host: Host = { kind: 'console', Page: ConsolePage, href: (page) => `/${page}` };

/** The plugin's pages without Grafana around them. */
export const Console = ({ language }: { language: string }) => {
  const [themeName, setThemeName] = useState(() => preferences.get().theme);
  const theme = useMemo(() => legible(createTheme({ colors: { mode: themeName } })), [themeName]);
  const key = useSyncExternalStore(session.onChange, session.key);
  const visit = useSyncExternalStore(session.onChange, session.visit);
  const chooseTheme = (name: typeof themeName) => {
    preferences.set({ theme: name });
    setThemeName(name);
  };

  return (
    <CacheProvider value={cache}>
      <ThemeContext.Provider value={theme}>
        <GlobalStyles />
        {/* Grafana resets this in a style sheet that is not in its package. */}
        <Global styles={{ body: { margin: 0 } }} />
        <LocationServiceProvider service={locationService}>
          <LocationRouter>
            {visit ? (
              <>
                {/* Who signs out leaves nothing of their pages to the next one. */}
                <Visit key={visit} theme={themeName} onTheme={chooseTheme} language={language} />
                {!key && <LoginDialog />}
              </>
            ) : (
              <Login />
            )}
            <PortalContainer />
            <Toasts />
          </LocationRouter>
        </LocationServiceProvider>
      </ThemeContext.Provider>
    </CacheProvider>
  );
};

/** The pages of somebody who has signed in. */
const Visit = (frame: Omit<FrameProps, 'who' | 'children'>) => {
  const [who, setWho] = useState<Whoami>();
  return (
    <HostProvider host={useMemo(() => ({ ...host, onCaller: setWho }), [])}>
      <Frame {...frame} who={who}>
        <App>
          <Route path="settings" element={<SettingsPage />} />
        </App>
      </Frame>
    </HostProvider>
  );
};

/** A router that follows Grafana's location service, as Grafana's own does. */
const LocationRouter = ({ children }: { children: ReactNode }) => {
  const history = locationService.getHistory();
  const [location, setLocation] = useState(history.location);
  useLayoutEffect(() => history.listen((next: typeof location) => setLocation(next)), [history]);
  return (
    <Router navigator={history} location={location}>
      {children}
    </Router>
  );
};
