import type { Endpoint, Policy } from '../api/types';
import { t } from '../i18n';
import { isFed, isRead, takesBy } from './access';
import type { KeyValues } from './KeyForm';
import { defaultLifetime } from './lifetime';
import { dataSourceAt, logsAt, otlpAt, profilesAt, remoteWriteAt, scrapedAt } from './programs';

/** What a new key can begin as: the fields that a kind of client needs. */
export interface Template {
  id: 'alloy' | 'prometheus' | 'collector' | 'grafana' | 'ci';
  title: string;
  /** The use of the token that is shown first, by the id of its snippet. */
  snippet?: string;
  values: Pick<KeyValues, 'role' | 'endpoints' | 'lifetime' | 'description'>;
}

/**
 * What is wrong with leaving all endpoints open in a key that began as a template: where none of the gate's endpoints is
 * for it, an empty choice would open every one.
 */
export function checkFits(id: Template['id'] | undefined, policy: Policy, endpoints: readonly Endpoint[]) {
  const template = templates(policy, endpoints).find((one) => one.id === id);
  return template && template.id !== 'ci' && endpoints.length > 0 && !template.values.endpoints.length
    ? t(
        'template.none-fits',
        'No endpoint here is for “{{template}}”. Choose one: without, the key opens all of them.',
        {
          template: template.title,
        }
      )
    : undefined;
}

/** What Alloy sends: each says where it goes. */
const FED_BY_ALLOY = [logsAt, remoteWriteAt, profilesAt, otlpAt];

/** The templates whose roles the policy allows, with the endpoints of this gate that they are for. */
export function templates(policy: Policy, endpoints: readonly Endpoint[]): Template[] {
  const those = (fit: (endpoint: Endpoint) => boolean) => endpoints.filter(fit).map(({ name }) => name);
  const usual = defaultLifetime(policy);
  const short = Math.min(...policy.offers.lifetimes);
  const all: Template[] = [
    {
      id: 'alloy',
      snippet: 'alloy',
      title: 'Alloy',
      values: {
        role: 'Agent',
        endpoints: those((one) => isFed('Agent', one) && FED_BY_ALLOY.some((at) => at(one) !== undefined)),
        lifetime: usual,
        description: t('template.alloy', 'Grafana Alloy'),
      },
    },
    {
      id: 'prometheus',
      snippet: 'prometheus',
      title: t('template.scrape', 'Prometheus scrape'),
      values: {
        role: 'Viewer',
        endpoints: those((one) => takesBy(one, 'read', 'GET') && Boolean(scrapedAt(one)?.endsWith('/metrics'))),
        lifetime: usual,
        description: t('template.scraped-by', 'Prometheus, which scrapes it'),
      },
    },
    {
      id: 'collector',
      snippet: 'otel',
      title: 'Collector',
      values: {
        role: 'Agent',
        endpoints: those((one) => isFed('Agent', one) && otlpAt(one) !== undefined),
        lifetime: usual,
        description: t('template.collector', 'OpenTelemetry Collector'),
      },
    },
    {
      id: 'grafana',
      snippet: 'grafana-form',
      title: t('template.data-source', 'Grafana data source'),
      values: {
        role: 'Viewer',
        endpoints: those((one) => isRead('Viewer', one) && dataSourceAt(one) !== undefined),
        lifetime: usual,
        description: t('template.read-by', 'Data source in Grafana'),
      },
    },
    {
      id: 'ci',
      title: 'CI',
      values: {
        role: 'Editor',
        endpoints: [],
        lifetime: isFinite(short) ? { ...usual, kind: `ttl:${short}` } : usual,
        description: t('template.ci', 'Pipeline that deploys rules and dashboards'),
      },
    },
  ];
  return all.filter(({ values }) => policy.roles.includes(values.role));
}
