import { bySignal, otlpPlaces } from './otlp';
import { CERTIFICATE_FILE, lines, quoted, type Snippet, type Use } from './use';

/** A whole configuration of the OpenTelemetry Collector: it takes OTLP from programs, and sends what the key may. */
export function collector(use: Use): Snippet[] {
  const { token, gate } = use;
  const targets = otlpPlaces(use);
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
  const pipelines = bySignal(targets).map(
    ({ signal, to }) => `    ${signal}:
      receivers: [otlp]
      exporters: [${to.map(({ name }) => named(name)).join(', ')}]
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
