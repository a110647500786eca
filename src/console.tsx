import './console/boot';
import { locationUtil, setTimeZoneResolver, type GrafanaConfig } from '@grafana/data';
import { DEFAULT_LANGUAGE } from '@grafana/i18n';
import { setAppEvents, setBackendSrv } from '@grafana/runtime';
import i18next from 'i18next';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { setCredentials } from './api/denials';
import { backend } from './console/backend';
import { BASE } from './console/base';
import { COMPONENT_TEXTS } from './console/componentTexts';
import { Console } from './console/Console';
import { events } from './console/events';
import { provideIcons } from './console/icons';
import { preferences } from './console/preferences';
import { session } from './console/session';
import { PLUGIN_ID } from './constants';
import { currentLanguage, initTranslations, LANGUAGES, loadTexts } from './i18n';

/** Does what Grafana does before it shows a plugin, then shows the pages. */
async function start() {
  provideIcons();
  setBackendSrv(backend);
  setCredentials(() => ({ Authorization: `Bearer ${session.key()}` }));
  setAppEvents(events);
  setTimeZoneResolver(() => 'browser');
  locationUtil.initialize({
    config: { appSubUrl: BASE.slice(0, -1) } as GrafanaConfig,
    getVariablesUrlParams: () => ({}),
    getTimeRangeForUrl: () => ({ from: 'now', to: 'now' }),
  });

  const wanted = preferences.get().language;
  const language =
    Object.keys(LANGUAGES).find((code) => code.split('-')[0] === wanted.split('-')[0]) ?? DEFAULT_LANGUAGE;
  await i18next.init({
    // A language without texts would not count as one; the others are loaded when they are needed.
    resources: { [language]: { [PLUGIN_ID]: { ...COMPONENT_TEXTS[language], ...(await loadTexts(language)) } } },
    lng: language,
    fallbackLng: DEFAULT_LANGUAGE,
    returnEmptyString: false,
  });
  await initTranslations();
  document.documentElement.lang = currentLanguage();

  const root = document.getElementById('root');
  if (root) {
    createRoot(root).render(<Console language={currentLanguage()} />);
  }
}

start();
