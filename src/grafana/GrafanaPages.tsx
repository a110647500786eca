import { css } from '@emotion/css';
import { locationUtil, ThemeContext, type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { getBackendSrv, PluginPage, useChromeHeaderHeight } from '@grafana/runtime';
import { EmptyState, Stack, Text, useTheme2 } from '@grafana/ui';
import React, { useMemo, useState, type ReactNode } from 'react';
import { lastValueFrom } from 'rxjs';
import type { PolicySettings } from '../api/types';
import { CallerProvider } from '../components/Caller';
import { CheckToken } from '../components/CheckToken';
import { Door } from '../components/Door';
import { legible } from '../components/legible';
import { OutageBanner } from '../components/OutageBanner';
import { useFocusOnHeading } from '../components/useFocusOnHeading';
import { PLUGIN_ID } from '../constants';
import { HostProvider, type Host, type PageProps } from '../host';
import { t } from '../i18n';
import { App } from '../pages/App';
import { KeysPage } from '../pages/KeysPage';
import { SettingsPage } from '../pages/SettingsPage';

/** What Grafana keeps for an organization: the part of the settings that the page knows. */
export interface JsonData {
  policy?: Partial<PolicySettings>;
}

const href = (page: string) => `/a/${PLUGIN_ID}${page && `/${page}`}`;

/** A page of the app, in Grafana's own frame. */
const AppPage = ({ title, subTitle, actions, parent, at, children }: PageProps) => {
  useFocusOnHeading();
  return (
    <PluginPage
      pageNav={{
        text: title,
        // By its address Grafana knows the entry of the menu again, and does not name it twice above the page.
        url: at === undefined ? undefined : locationUtil.assureBaseUrl(href(at)),
        parentItem: parent && { text: parent.title, url: locationUtil.assureBaseUrl(parent.href) },
      }}
      subTitle={subTitle}
      actions={
        // Grafana's own row of actions is as wide as they are, and a phone is not.
        <Stack direction="row" gap={1} wrap="wrap">
          <CheckToken />
          {actions}
        </Stack>
      }
    >
      <OutageBanner />
      {children}
    </PluginPage>
  );
};

/**
 * A tab of the plugin's page, which has a title already. It takes the width that Grafana's column leaves it and never
 * asks for more, or Grafana's own panel next to it would be pushed out of the window.
 */
const ConfigPage = ({ subTitle, actions, children }: PageProps) => (
  <div className={css({ display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)' })}>
    <Stack direction="column" gap={2} alignItems="stretch">
      <Stack direction="row" gap={2} justifyContent="space-between" alignItems="center" wrap="wrap">
        <Text color="secondary">{subTitle ?? ''}</Text>
        <Stack direction="row" gap={1} wrap="wrap">
          <CheckToken />
          {actions}
        </Stack>
      </Stack>
      <div>
        <OutageBanner />
        {children}
      </div>
    </Stack>
  </div>
);

const useTop = () => useChromeHeaderHeight() ?? 0;

const appHost: Host = { kind: 'grafana', Page: AppPage, href, useTop };
const configHost: Host = { kind: 'grafana', Page: ConfigPage, href, useTop };

/** Pages in Grafana, in its theme. */
const InGrafana = ({ host, children }: { host: Host; children: ReactNode }) => {
  const theme = useTheme2();
  return (
    <ThemeContext.Provider value={useMemo(() => legible(theme), [theme])}>
      <HostProvider host={host}>{children}</HostProvider>
    </ThemeContext.Provider>
  );
};

/** The app's own pages, below /a/ostiary-apikeys-app. */
export const RootPage = () => (
  <InGrafana host={appHost}>
    <App />
  </InGrafana>
);

type ConfigProps = PluginConfigPageProps<AppPluginMeta<JsonData>>;

/** A tab of the plugin's page: of a plugin that is not enabled, which answers nothing, what to do first. */
const ConfigTab = ({ plugin, children }: Pick<ConfigProps, 'plugin'> & { children: ReactNode }) => (
  <InGrafana host={configHost}>
    {plugin.meta.enabled ? (
      <CallerProvider>{children}</CallerProvider>
    ) : (
      <EmptyState variant="call-to-action" image={<Door />} message={t('not-enabled.title', 'Enable the plugin first')}>
        {t(
          'not-enabled.text',
          'Press Enable at the top of this page. Keys and settings belong to an organization, and each enables the plugin for itself.'
        )}
      </EmptyState>
    )}
  </InGrafana>
);

/** The keys, as a tab of the plugin's page. */
export const KeysConfigPage = ({ plugin }: ConfigProps) => (
  <ConfigTab plugin={plugin}>
    <KeysPage />
  </ConfigTab>
);

/** The settings, as a tab of the plugin's page. */
export const SettingsConfigPage = ({ plugin }: ConfigProps) => {
  const { meta } = plugin;
  const [jsonData, setJsonData] = useState<JsonData>(meta.jsonData ?? {});
  const policy = useMemo(
    () => ({
      settings: jsonData.policy ?? {},
      save: async (settings: PolicySettings) => {
        const changed = { ...jsonData, policy: settings };
        await lastValueFrom(
          getBackendSrv().fetch({
            url: `/api/plugins/${PLUGIN_ID}/settings`,
            method: 'POST',
            data: { enabled: meta.enabled, pinned: meta.pinned, jsonData: changed },
            showErrorAlert: false,
            showSuccessAlert: false,
          })
        );
        setJsonData(changed);
      },
    }),
    [jsonData, meta]
  );
  return (
    <ConfigTab plugin={plugin}>
      <SettingsPage policy={policy} />
    </ConfigTab>
  );
};
