import { t } from '../../i18n';
import { dataSourceAt } from '../programs';
import { provenAt } from './code';
import { CERTIFICATE_FILE, lines, places, quoted, type Snippet, type Use } from './use';

/** Where the token is put for other programs: data sources, a proxy that adds it, a Secret, the environment. */
export const deploy = (use: Use): Snippet[] => [
  ...grafana(use),
  ...nginx(use),
  kubernetes(use),
  {
    id: 'env',
    title: t('snippets.environment', 'Environment'),
    // A shell may have the other variable, and a command line that is given both takes neither.
    text: `unset OSTIARY_API_KEY_FILE\nexport OSTIARY_API_KEY='${use.token}'`,
  },
  ...(use.gate.certificate
    ? [{ id: 'certificate', title: t('snippets.certificate', 'Certificate'), text: pem(use).join('\n') + '\n' }]
    : []),
];

const pem = ({ gate }: Use) => gate.certificate.trim().split('\n');

/** A file for Grafana's provisioning/datasources. */
function grafana(use: Use): Snippet[] {
  const sources = places(use, 'read', (endpoint) => dataSourceAt(endpoint)?.path);
  const trust = use.gate.certificate;
  const byHand = ({ url, tenant }: (typeof sources)[number]) => [
    ['URL', url],
    ['Authentication method', 'No Authentication'],
    ...(trust ? [['TLS settings', `Add self-signed certificate: ${CERTIFICATE_FILE}`]] : []),
    ...[['Authorization', `Bearer ${use.token}`], ...tenant].flatMap(([header, value]) => [
      ['HTTP headers, Header', header],
      ['HTTP headers, Value', value],
    ]),
  ];
  const one = ({ name, url, tenant }: (typeof sources)[number]) => {
    const endpoint = use.endpoints.find((other) => other.name === name);
    const headers = [['Authorization', `Bearer ${use.token}`], ...tenant];
    return `  - name: ${quoted(name)}
    type: ${endpoint && dataSourceAt(endpoint)?.type}
    access: proxy
    url: ${quoted(url)}
    jsonData:
${lines([...headers.map(([header], i) => `httpHeaderName${i + 1}: ${header}`), ...(trust ? ['tlsAuthWithCACert: true'] : [])], '      ')}    secureJsonData:
${lines(
  [
    ...headers.map(([, value], i) => `httpHeaderValue${i + 1}: ${quoted(value)}`),
    ...(trust ? ['tlsCACert: |', ...pem(use).map((line) => `  ${line}`)] : []),
  ],
  '      '
)}`;
  };
  return sources.length
    ? [
        {
          id: 'grafana',
          title: t('template.data-source', 'Grafana data source'),
          text: `apiVersion: 1
datasources:
${sources.map(one).join('')}`,
        },
        {
          id: 'grafana-form',
          title: t('snippets.grafana-form', 'Grafana, by hand'),
          text: sources
            .map((source) =>
              lines(
                byHand(source).map(([field, value]) => `${field.padEnd(22)} ${value}`),
                ''
              )
            )
            .join('\n'),
        },
      ]
    : [];
}

/** A server on the same machine that adds the key, for programs that can send none. */
function nginx(use: Use): Snippet[] {
  const { token, gate } = use;
  const passed = [...places(use, 'ingest', () => ''), ...places(use, 'read', () => '')];
  if (!passed.length || provenAt(use) === undefined) {
    return [];
  }
  const { host, hostname } = new URL(gate.url);
  const tenant = passed.find((place) => place.tenant.length)?.tenant ?? [];
  const options = [
    `proxy_pass ${gate.url};`,
    `proxy_set_header Host ${host};`,
    `proxy_set_header Authorization "Bearer ${token}";`,
    ...tenant.map(([name, value]) => `proxy_set_header ${name} ${quoted(value)};`),
    ...(gate.certificate
      ? [
          `proxy_ssl_trusted_certificate ${CERTIFICATE_FILE};`,
          'proxy_ssl_verify on;',
          // nginx compares names alone; a self-made certificate is for localhost too, besides its addresses.
          `proxy_ssl_name ${/^[\d.]+$|^\[/.test(hostname) ? 'localhost' : hostname};`,
        ]
      : []),
  ];
  return [
    {
      id: 'nginx',
      title: 'nginx',
      text: `server {
    listen 127.0.0.1:8080;

    location / {
${lines(options, '        ')}    }
}
`,
    },
  ];
}

function kubernetes(use: Use): Snippet {
  const name = (use.key.name ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replace(/^-+|-+$/g, '');
  const certificate = use.gate.certificate ? `  ${CERTIFICATE_FILE}: |\n${lines(pem(use), '    ')}` : '';
  return {
    id: 'kubernetes',
    title: 'Kubernetes Secret',
    text: `apiVersion: v1
kind: Secret
metadata:
  name: ${quoted(['ostiary', name].filter(Boolean).join('-'))}
type: Opaque
stringData:
  token: ${use.token}
${certificate}`,
  };
}
