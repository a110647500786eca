import { logsAt, remoteWriteAt } from '../programs';
import { scraped } from './prometheus';
import { CERTIFICATE_FILE, lines, places, plain, quoted, type Place, type Snippet, type Use } from './use';

/** Programs that ship logs and metrics, each with a whole configuration. */
export const shippers = (use: Use): Snippet[] => {
  const logs = places(use, 'ingest', logsAt);
  const metrics = places(use, 'ingest', remoteWriteAt);
  return [...promtail(use, logs), ...telegraf(use, logs, metrics), ...vector(use, logs, metrics)];
};

function promtail({ token, gate }: Use, logs: Place[]): Snippet[] {
  const client = ({ url, tenant }: Place) => `  - url: ${quoted(url)}
    bearer_token: ${token}
${lines(
  [
    ...tenant.map(([, value]) => `tenant_id: ${quoted(value)}`),
    ...(gate.certificate ? ['tls_config:', `  ca_file: ${CERTIFICATE_FILE}`] : []),
  ],
  '    '
)}`;
  return logs.length
    ? [
        {
          id: 'promtail',
          title: 'Promtail',
          text: `server:
  http_listen_port: 9080
  grpc_listen_port: 0

positions:
  filename: /tmp/promtail-positions.yaml

clients:
${logs.map(client).join('')}
scrape_configs:
  - job_name: logs
    static_configs:
      - targets: [localhost]
        labels:
          job: varlogs
          __path__: /var/log/*.log
`,
        },
      ]
    : [];
}

function telegraf(use: Use, logs: Place[], metrics: Place[]): Snippet[] {
  const { token, gate } = use;
  const trust = gate.certificate ? [`tls_ca = "${CERTIFICATE_FILE}"`] : [];
  const headers = (tenant: Place['tenant']) => [
    `"Authorization" = "Bearer ${token}"`,
    ...tenant.map(([name, value]) => `${quoted(name)} = ${quoted(value)}`),
  ];
  const target = scraped(use);
  const parts = [
    ...(logs.length
      ? [
          `[[inputs.tail]]
  files = ["/var/log/*.log"]
  data_format = "value"
  data_type = "string"
`,
        ]
      : []),
    ...(metrics.length ? ['[[inputs.cpu]]\n', '[[inputs.mem]]\n'] : []),
    ...(target
      ? [
          `[[inputs.prometheus]]
${lines([`urls = [${quoted(target.url)}]`, `bearer_token_string = "${token}"`, ...httpHeaders(target), ...trust], '  ')}`,
        ]
      : []),
    // Without an output Telegraf does not start.
    ...(target && !metrics.length
      ? [
          `[[outputs.file]]
${lines([...(logs.length ? ['namedrop = ["tail"]'] : []), 'files = ["stdout"]'], '  ')}`,
        ]
      : []),
    ...logs.map(({ url, tenant }) => {
      const { origin, pathname } = new URL(url);
      return `[[outputs.loki]]
  namepass = ["tail"]
${lines(
  [
    `domain = ${quoted(origin)}`,
    `endpoint = ${quoted(pathname)}`,
    `http_headers = {${headers(tenant).join(', ')}}`,
    ...trust,
  ],
  '  '
)}`;
    }),
    ...metrics.map(
      ({ url, tenant }) => `[[outputs.http]]
  namedrop = ["tail"]
${lines([`url = ${quoted(url)}`, 'data_format = "prometheusremotewrite"', ...trust], '  ')}
  [outputs.http.headers]
${lines(
  [
    ...headers(tenant),
    '"Content-Type" = "application/x-protobuf"',
    '"Content-Encoding" = "snappy"',
    '"X-Prometheus-Remote-Write-Version" = "0.1.0"',
  ],
  '    '
)}`
    ),
  ];
  return parts.length ? [{ id: 'telegraf', title: 'Telegraf', text: parts.join('\n') }] : [];
}

const httpHeaders = ({ tenant }: Place) =>
  tenant.length
    ? [`http_headers = {${tenant.map(([name, value]) => `${quoted(name)} = ${quoted(value)}`).join(', ')}}`]
    : [];

function vector({ token, gate }: Use, logs: Place[], metrics: Place[]): Snippet[] {
  if (!logs.length && !metrics.length) {
    return [];
  }
  const common = ({ tenant }: Place) =>
    lines(
      [
        'auth:',
        '  strategy: bearer',
        `  token: ${token}`,
        ...tenant.map(([, value]) => `tenant_id: ${quoted(value)}`),
        ...(gate.certificate ? ['tls:', `  ca_file: ${CERTIFICATE_FILE}`] : []),
      ],
      '    '
    );
  const sources = [
    ...(logs.length ? ['  logs:\n    type: file\n    include: [/var/log/*.log]\n'] : []),
    ...(metrics.length ? ['  host:\n    type: host_metrics\n'] : []),
  ];
  const sinks = [
    ...logs.map((place) => {
      const { origin, pathname } = new URL(place.url);
      return `  ${plain(place.name)}_logs:
    type: loki
    inputs: [logs]
    endpoint: ${quoted(origin)}
    path: ${quoted(pathname)}
    labels:
      source: vector
    encoding:
      codec: text
${common(place)}`;
    }),
    ...metrics.map(
      (place) => `  ${plain(place.name)}_metrics:
    type: prometheus_remote_write
    inputs: [host]
    endpoint: ${quoted(place.url)}
${common(place)}`
    ),
  ];
  return [{ id: 'vector', title: 'Vector', text: `sources:\n${sources.join('')}\nsinks:\n${sinks.join('')}` }];
}
