import { AppPlugin, type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import React, { lazy, Suspense, type ComponentType } from 'react';
import type { JsonData } from './grafana/GrafanaPages';
import { initTranslations } from './i18n';

/** Pages and texts are loaded when one is first shown: Grafana loads this file at every start. */
const load = async () => {
  const [pages] = await Promise.all([
    import(/* webpackChunkName: "pages" */ './grafana/GrafanaPages'),
    initTranslations(),
  ]);
  return pages;
};

function lazyPage<P extends object>(Page: ComponentType<P>) {
  const LazyPage = (props: P) => (
    <Suspense fallback={<LoadingPlaceholder text="" />}>
      <Page {...props} />
    </Suspense>
  );
  return LazyPage;
}

type ConfigProps = PluginConfigPageProps<AppPluginMeta<JsonData>>;

const RootPage = lazyPage(lazy(async () => ({ default: (await load()).RootPage })));
const KeysConfigPage = lazyPage<ConfigProps>(lazy(async () => ({ default: (await load()).KeysConfigPage })));
const SettingsConfigPage = lazyPage<ConfigProps>(lazy(async () => ({ default: (await load()).SettingsConfigPage })));

export const plugin = new AppPlugin<JsonData>()
  .setRootPage(RootPage)
  .addConfigPage({ id: 'keys', title: 'API keys', icon: 'key-skeleton-alt', body: KeysConfigPage })
  .addConfigPage({ id: 'settings', title: 'Settings', icon: 'cog', body: SettingsConfigPage });
