import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { getBackendSrv, PluginPage } from '@grafana/runtime';
import { Stack, Text } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { lastValueFrom } from 'rxjs';
import type { PolicySettings } from '../api/types';
import { CallerProvider } from '../components/Caller';
import { OutageBanner } from '../components/OutageBanner';
import { PLUGIN_ID } from '../constants';
import { HostProvider, type Host, type PageProps } from '../host';
import { App } from '../pages/App';
import { KeysPage } from '../pages/KeysPage';
import { SettingsPage } from '../pages/SettingsPage';

/** What Grafana keeps for an organization: the part of the settings that the page knows. */
export interface JsonData {
  policy?: Partial<PolicySettings>;
}

const href = (page: string) => `/a/${PLUGIN_ID}${page && `/${page}`}`;

/** A page of the app, in Grafana's own frame. */
const AppPage = ({ title, subTitle, actions, parent, children }: PageProps) => (
  <PluginPage
    pageNav={{ text: title, parentItem: parent && { text: parent.title, url: parent.href } }}
    subTitle={subTitle}
    actions={actions}
  >
    {children}
  </PluginPage>
);

/** A tab of the plugin's page, which has a title already. */
const ConfigPage = ({ subTitle, actions, children }: PageProps) => (
  <Stack direction="column" gap={2} alignItems="stretch">
    {(subTitle || actions) && (
      <Stack direction="row" gap={2} justifyContent="space-between" alignItems="center" wrap="wrap">
        <Text color="secondary">{subTitle ?? ''}</Text>
        {actions}
      </Stack>
    )}
    {children}
  </Stack>
);

const appHost: Host = { kind: 'grafana', Page: AppPage, href };
const configHost: Host = { kind: 'grafana', Page: ConfigPage, href };

/** The app's own pages, below /a/ostiary-apikeys-app. */
export const RootPage = () => (
  <HostProvider host={appHost}>
    <App />
  </HostProvider>
);

/** The keys, as a tab of the plugin's page. */
export const KeysConfigPage = () => (
  <HostProvider host={configHost}>
    <OutageBanner />
    <CallerProvider>
      <KeysPage />
    </CallerProvider>
  </HostProvider>
);

/** The settings, as a tab of the plugin's page. */
export const SettingsConfigPage = ({ plugin }: PluginConfigPageProps<AppPluginMeta<JsonData>>) => {
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
    <HostProvider host={configHost}>
      <OutageBanner />
      <CallerProvider>
        <SettingsPage policy={policy} />
      </CallerProvider>
    </HostProvider>
  );
};
