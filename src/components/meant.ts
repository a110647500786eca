import type { Denial, Endpoint } from '../api/types';
import { t } from '../i18n';
import { logsAt, otlpAt, profilesAt, remoteWriteAt } from './programs';

/** The addresses to which programs bring data, of an endpoint. */
function feeding(endpoint: Endpoint): string[] {
  const otlp = otlpAt(endpoint);
  const profiles = profilesAt(endpoint);
  return [
    logsAt(endpoint),
    remoteWriteAt(endpoint),
    ...(otlp?.signals.map((signal) => `${otlp.root}/v1/${signal}`) ?? []),
    profiles && `${profiles}/ingest`,
  ].filter((path): path is string => Boolean(path));
}

/**
 * What a client that asked for a path of no endpoint may have meant, in a sentence: programs are often told an address
 * without the path of the endpoint. Empty if nothing is like it.
 */
export function meant({ code, path }: Pick<Denial, 'code' | 'path'>, endpoints: readonly Endpoint[]): string {
  if (code !== 'no_endpoint' || path.length < 2) {
    return '';
  }
  // The nearest is the one in front of which least is missing.
  const [like] = endpoints
    .flatMap((endpoint) => feeding(endpoint).map((one) => ({ path: one, endpoint: endpoint.name })))
    .filter((one) => one.path !== path && one.path.endsWith(path))
    .sort((a, b) => a.path.length - b.path.length);
  return like ? t('refused.next.meant', 'Is {{path}} meant, of the endpoint {{endpoint}}?', like) : '';
}
