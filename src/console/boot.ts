/*
 * What Grafana's page would have set before any of its modules runs. This must be the console's first import: Grafana's
 * packages read these globals while they are loaded.
 */
import { PLUGIN_ID } from '../constants';
import { BASE, below } from './base';
import { preferences } from './preferences';

const { theme } = preferences.get();

const settings = {
  appUrl: window.location.origin + BASE,
  appSubUrl: BASE.slice(0, -1),
  buildInfo: { version: '13.1.1', commit: '', env: 'production', edition: 'Open Source' },
  featureToggles: {},
  apps: { [PLUGIN_ID]: { id: PLUGIN_ID } },
};

Object.assign(window, {
  __grafana_public_path__: below('/public/'),
  grafanaBootData: {
    assets: { dark: '', light: '' },
    settings,
    user: { theme, lightTheme: theme === 'light', timezone: 'browser', weekStart: '' },
    navTree: [],
  },
});

// The page names its picture from where it was loaded, and browsers look again when the address changes.
document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.setAttribute('href', below('/public/logo.svg'));
