import { cacheStore } from 'react-inlinesvg';
import { below } from './base';

/*
 * The icons that the pages and the components below them show. They are compiled in: an icon that is fetched leaves
 * blanks when its request is aborted. The end-to-end tests fail when one is missing here.
 */
const icons = import.meta.webpackContext('grafana-icons/unicons', {
  recursive: false,
  regExp:
    /\/(angle-(down|left|right|up)|arrow-(down|up)|check|check-circle|clock-nine|cog|columns|copy|download-alt|ellipsis-v|exclamation-circle|exclamation-triangle|external-link-alt|graph-bar|history|info-circle|key-skeleton-alt|layer-group|minus|palette|pause|pen|play|plug|plus|save|search|shield-exclamation|signout|sync|times|times-circle|trash-alt|user)\.svg$/,
});

/** Grafana's package lacks this one. */
const spinner =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 3a9 9 0 1 0 9 9" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/></svg>';

/** Hands the icons to the component that shows them. */
export function provideIcons(): void {
  const provide = (name: string, content: string) =>
    cacheStore.set(below(`/public/build/img/icons/unicons/${name}.svg`), { content, status: 'loaded' });
  icons.keys().forEach((path) => provide(path.slice('./'.length, -'.svg'.length), icons(path)));
  provide('spinner', spinner);
}
