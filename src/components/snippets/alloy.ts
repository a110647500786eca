import { logsAt, profilesAt, remoteWriteAt } from '../programs';
import { bySignal, otlpPlaces, type OtlpPlace } from './otlp';
import { CERTIFICATE_FILE, lines, places, plain, quoted, type Place, type Snippet, type Use } from './use';

/** A configuration for Grafana Alloy that sends something to each endpoint that the key may send to. */
export function alloy(use: Use): Snippet[] {
  const [lineTo, metricTo, profileTo] = [logsAt, remoteWriteAt, profilesAt].map((at) => places(use, 'ingest', at));
  const fed = [lineTo, metricTo, profileTo].flat().map(({ name }) => name);
  const parts = [
    logs(lineTo, use),
    metrics(metricTo, use),
    profiles(profileTo, use),
    telemetry(
      otlpPlaces(use).filter(({ name }) => !fed.includes(name)),
      use
    ),
  ].filter(Boolean);
  return parts.length ? [{ id: 'alloy', title: 'Alloy', text: parts.join('\n') }] : [];
}

/** What receives from a component, of all the places. */
const all = (targets: Place[], component: string, end: string) =>
  targets.map(({ name }) => `${component}.${plain(name)}.${end}`).join(', ');

function logs(targets: Place[], use: Use): string {
  return targets.length
    ? `local.file_match "logs" {
  path_targets = [{"__path__" = "/var/log/*.log"}]
}

loki.source.file "logs" {
  targets    = local.file_match.logs.targets
  forward_to = [${all(targets, 'loki.write', 'receiver')}]
}

${writers('loki.write', targets, use)}`
    : '';
}

function metrics(targets: Place[], use: Use): string {
  return targets.length
    ? `prometheus.exporter.unix "host" { }

prometheus.scrape "host" {
  targets    = prometheus.exporter.unix.host.targets
  forward_to = [${all(targets, 'prometheus.remote_write', 'receiver')}]
}

${writers('prometheus.remote_write', targets, use)}`
    : '';
}

function profiles(targets: Place[], use: Use): string {
  return targets.length
    ? `pyroscope.scrape "alloy" {
  targets    = [{"__address__" = "127.0.0.1:12345", "service_name" = "alloy"}]
  forward_to = [${all(targets, 'pyroscope.write', 'receiver')}]
}

${writers('pyroscope.write', targets, use)}`
    : '';
}

const headersOf = ({ tenant }: Place) => tenant.map(([name, value]) => `{${quoted(name)} = ${quoted(value)}}`);

function writers(component: string, targets: Place[], { token, gate }: Use): string {
  const trust = gate.certificate ? `\n    tls_config {\n      ca_file = "${CERTIFICATE_FILE}"\n    }\n` : '';
  return targets
    .map(
      (place) => `${component} "${plain(place.name)}" {
  endpoint {
    url          = ${quoted(place.url)}
    bearer_token = "${token}"
${headersOf(place)
  .map((headers) => `    headers      = ${headers}\n`)
  .join('')}${trust}  }
}
`
    )
    .join('\n');
}

function telemetry(targets: OtlpPlace[], { token, gate }: Use): string {
  if (!targets.length) {
    return '';
  }
  const trust = gate.certificate ? `\n    tls {\n      ca_file = "${CERTIFICATE_FILE}"\n    }\n` : '';
  const exporters = targets.map(
    (place) => `otelcol.exporter.otlphttp "${plain(place.name)}" {
  client {
    endpoint = ${quoted(place.url)}
    auth     = otelcol.auth.bearer.ostiary.handler
${headersOf(place)
  .map((headers) => `    headers  = ${headers}\n`)
  .join('')}${trust}  }
}
`
  );
  const sent = bySignal(targets);
  const width = Math.max(...sent.map(({ signal }) => signal.length));
  const outputs = sent.map(
    ({ signal, to }) => `${signal.padEnd(width)} = [${all(to, 'otelcol.exporter.otlphttp', 'input')}]`
  );
  return `otelcol.receiver.otlp "programs" {
  grpc { }

  http { }

  output {
${lines(outputs, '    ')}  }
}

otelcol.auth.bearer "ostiary" {
  token = "${token}"
}

${exporters.join('\n')}`;
}
