import { t } from '../../i18n';
import { takesBy } from '../access';
import { remoteWriteAt, scrapedAt } from '../programs';
import { CERTIFICATE_FILE, lines, places, quoted, type Snippet, type Use } from './use';

/** What Prometheus scrapes with the key, and where it writes to. */
export const prometheus = (use: Use): Snippet[] => [...scrape(use), ...remoteWrite(use)];

/** The metrics that a key may read: those at a path of that name, or else the first thing that is read. */
export function scraped(use: Use) {
  const read = places(use, 'read', (endpoint) => (takesBy(endpoint, 'read', 'GET') ? scrapedAt(endpoint) : undefined));
  return read.find(({ url }) => url.endsWith('/metrics')) ?? read[0];
}

function scrape(use: Use): Snippet[] {
  const target = scraped(use);
  if (!target) {
    return [];
  }
  const { protocol, host, pathname } = new URL(target.url);
  const more = [
    ...target.tenant.flatMap(([name, value]) => ['http_headers:', `  ${name}: {values: [${quoted(value)}]}`]),
    ...(use.gate.certificate ? ['tls_config:', `  ca_file: ${CERTIFICATE_FILE}`] : []),
  ];
  return [
    {
      id: 'prometheus',
      title: t('template.scrape', 'Prometheus scrape'),
      text: `scrape_configs:
  - job_name: ${quoted(target.name)}
    scheme: ${protocol.slice(0, -1)}
    metrics_path: ${quoted(pathname)}
    authorization:
      type: Bearer
      credentials: ${use.token}
${lines(more, '    ')}    static_configs:
      - targets: ['${host}']
`,
    },
  ];
}

function remoteWrite(use: Use): Snippet[] {
  const targets = places(use, 'ingest', remoteWriteAt);
  if (!targets.length) {
    return [];
  }
  const one = ({ url, tenant }: (typeof targets)[number]) => {
    const more = [
      ...tenant.flatMap(([name, value]) => ['headers:', `  ${name}: ${quoted(value)}`]),
      ...(use.gate.certificate ? ['tls_config:', `  ca_file: ${CERTIFICATE_FILE}`] : []),
    ];
    return `  - url: ${quoted(url)}
    authorization:
      type: Bearer
      credentials: ${use.token}
${lines(more, '    ')}`;
  };
  return [
    { id: 'remote-write', title: 'Prometheus remote_write', text: `remote_write:\n${targets.map(one).join('')}` },
  ];
}
