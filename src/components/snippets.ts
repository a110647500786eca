import { t } from '../i18n';

/** A way to use a token: a title for its tab, and text with the token filled in. */
export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/**
 * Ready pieces of configuration for a new token.
 * @param token the whole token; it contains nothing that a shell, YAML or Go would have to escape
 * @param gate the address of the gate, without a slash at the end
 */
export function snippets(token: string, gate: string): Snippet[] {
  const host = gate.replace(/^https?:\/\//, '');
  const scheme = gate.startsWith('https') ? 'https' : 'http';
  return [
    {
      id: 'bearer',
      title: t('snippets.curl-bearer', 'curl, Bearer'),
      text: `curl -H 'Authorization: Bearer ${token}' ${gate}/auth`,
    },
    { id: 'basic', title: t('snippets.curl-basic', 'curl, Basic'), text: `curl -u 'api_key:${token}' ${gate}/auth` },
    {
      id: 'prometheus',
      title: 'Prometheus',
      text: `scrape_configs:
  - job_name: behind-ostiary
    scheme: ${scheme}
    authorization:
      type: Bearer
      credentials: ${token}
    static_configs:
      - targets: ['${host}']
`,
    },
    {
      id: 'otel',
      title: 'OpenTelemetry Collector',
      text: `extensions:
  bearertokenauth:
    token: ${token}

exporters:
  otlphttp:
    endpoint: ${gate}
    auth:
      authenticator: bearertokenauth

service:
  extensions: [bearertokenauth]
`,
    },
    {
      id: 'pyroscope',
      title: 'Pyroscope (Go)',
      text: `pyroscope.Start(pyroscope.Config{
	ApplicationName: "my.service",
	ServerAddress:   "${gate}",
	HTTPHeaders:     map[string]string{"Authorization": "Bearer ${token}"},
})
`,
    },
    { id: 'env', title: t('snippets.environment', 'Environment'), text: `export OSTIARY_API_KEY='${token}'` },
  ];
}
