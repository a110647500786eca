import { otlpAt, type Signal } from '../programs';
import { CERTIFICATE_FILE, lines, places, quoted, type Snippet, type Use } from './use';

const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

/** A whole configuration of the OpenTelemetry Collector: it takes OTLP from programs, and sends what the key may. */
export function collector(use: Use): Snippet[] {
  const { token, gate, endpoints } = use;
  const targets = places(use, 'ingest', (endpoint) => otlpAt(endpoint)?.root);
  if (!targets.length) {
    return [];
  }
  const named = (name: string) => (targets.length > 1 ? `otlp_http/${name}` : 'otlp_http');
  const exporters = targets.map(({ name, url, tenant }) => {
    const more = [
      ...tenant.flatMap(([header, value]) => ['headers:', `  ${header}: ${quoted(value)}`]),
      ...(gate.certificate ? ['tls:', `  ca_file: ${CERTIFICATE_FILE}`] : []),
    ];
    return `  ${named(name)}: # otlphttp in older Collectors
    endpoint: ${quoted(url)}
${lines(more, '    ')}    auth:
      authenticator: bearertokenauth
`;
  });
  const carrying = (signal: Signal) =>
    targets.filter(({ name }) =>
      endpoints.some((endpoint) => endpoint.name === name && otlpAt(endpoint)?.signals.includes(signal))
    );
  const pipelines = SIGNALS.filter((signal) => carrying(signal).length).map(
    (signal) => `    ${signal}:
      receivers: [otlp]
      exporters: [${carrying(signal)
        .map(({ name }) => named(name))
        .join(', ')}]
`
  );
  return [
    {
      id: 'otel',
      title: 'OpenTelemetry Collector',
      text: `extensions:
  bearertokenauth:
    token: ${token}

receivers:
  otlp:
    protocols:
      grpc:
      http:

exporters:
${exporters.join('')}
service:
  extensions: [bearertokenauth]
  pipelines:
${pipelines.join('')}`,
    },
  ];
}
