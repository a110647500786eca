import type { Endpoint, GateAddress, Key, Permission, Role } from '../api/types';
import { t } from '../i18n';
import { isAnyTenant } from './tenants';

/** A way to use a token: a title for its tab, and text with the token filled in. */
export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/** What a snippet is made for. */
export interface Use {
  /** The whole token; it contains nothing that a shell, YAML or Go would have to escape. */
  token: string;
  key: Pick<Key, 'role' | 'pool' | 'endpoints' | 'tenants'>;
  gate: GateAddress;
  /** What the gate protects. */
  endpoints: readonly Endpoint[];
}

/** The file that holds the gate's self-made certificate, for those who save it under that name. */
export const CERTIFICATE_FILE = 'ostiary-gate.pem';

/** What each role grants, as the server decides it. */
const GRANTS: Record<Role, readonly Permission[]> = {
  Admin: ['manage', 'write', 'read', 'ingest'],
  Editor: ['write', 'read'],
  Viewer: ['read'],
  Agent: ['ingest'],
};

/** The endpoints that the key opens: those that it is limited to, and of a permission that its role grants. */
export const opened = ({ key, endpoints }: Pick<Use, 'key' | 'endpoints'>): Endpoint[] =>
  endpoints.filter(
    (endpoint) =>
      (!key.endpoints.length || key.endpoints.includes(endpoint.name)) &&
      (!endpoint.pool || endpoint.pool === key.pool) &&
      granted(key.role, endpoint).length > 0
  );

/** The permissions that an endpoint takes and the role grants. */
const granted = (role: Role, { require, takes }: Endpoint) =>
  (require ? [require] : takes).filter((one) => one === 'none' || GRANTS[role].includes(one));

/**
 * The name of the endpoint at which the key can be tried; empty for any, undefined if it opens none of those that it is
 * limited to. A name that the gate does not know may be one that only a proxy knows.
 */
export function provenAt(use: Pick<Use, 'key' | 'endpoints'>): string | undefined {
  const { key, endpoints } = use;
  if (!key.endpoints.length) {
    return '';
  }
  const elsewhere = key.endpoints.find((name) => !endpoints.some((endpoint) => endpoint.name === name));
  return opened(use)[0]?.name ?? elsewhere;
}

/** Ready pieces of configuration for a new token: those that work with the key's role and limits, at this gate. */
export function snippets(use: Use): Snippet[] {
  const { token, gate } = use;
  const proxied = opened(use).filter((endpoint) => endpoint.proxied);
  const scraped = proxied.filter((endpoint) => takes(endpoint, 'read', 'GET'));
  const metrics = scraped.find(({ paths }) => paths.some((path) => path.endsWith('/metrics'))) ?? scraped[0];
  const fed = proxied.filter((endpoint) => takes(endpoint, 'ingest', 'POST'));
  const otlp = firstRoot(fed, /^(.*?)\/v1(\/(traces|metrics|logs))?$|^(.*\/otlp)$|^(\/)$/);
  const profiles = firstRoot(fed, /^(.*?)\/(ingest|push\.v1\.PusherService(\/Push)?)$/);

  return [
    ...curl(use),
    ...(metrics && gate.url ? [prometheus(use, metrics)] : []),
    ...(otlp !== undefined && gate.url ? [collector(use, otlp)] : []),
    ...(profiles !== undefined && gate.url ? [pyroscope(use, profiles)] : []),
    ...(gate.url ? alloy(use, proxied) : []),
    { id: 'env', title: t('snippets.environment', 'Environment'), text: `export OSTIARY_API_KEY='${token}'` },
    ...(gate.certificate
      ? [{ id: 'certificate', title: t('snippets.certificate', 'Certificate'), text: gate.certificate.trim() + '\n' }]
      : []),
  ];
}

/** Where Alloy writes to for each kind of program: its component, and the path behind the endpoint's own. */
const ALLOY: Record<string, [component: string, path: string]> = {
  loki: ['loki.write', '/loki/api/v1/push'],
  mimir: ['prometheus.remote_write', '/api/v1/push'],
  cortex: ['prometheus.remote_write', '/api/v1/push'],
  prometheus: ['prometheus.remote_write', '/api/v1/write'],
  victoriametrics: ['prometheus.remote_write', '/api/v1/write'],
  pyroscope: ['pyroscope.write', ''],
};

/** Pieces for Grafana Alloy, one for each kind of program that the key may send to. */
function alloy(use: Use, endpoints: Endpoint[]): Snippet[] {
  const { token, gate, key } = use;
  const fed = endpoints.filter((endpoint) => ALLOY[endpoint.kind] && granted(key.role, endpoint).includes('ingest'));
  const components = fed.map(({ kind, path, tenant }) => {
    const [component, rest] = ALLOY[kind];
    // A key of one tenant is that tenant; others say which.
    const which = isAnyTenant(key.tenants) ? 'TENANT' : key.tenants.length > 1 ? key.tenants[0] : '';
    const header = tenant?.header && which ? `    headers      = {"${tenant.header}" = "${which}"}\n` : '';
    const trust = gate.certificate ? `    tls_config {\n      ca_file = "${CERTIFICATE_FILE}"\n    }\n` : '';
    return `${component} "ostiary" {
  endpoint {
    url          = "${gate.url}${path.replace(/\/$/, '')}${rest}"
    bearer_token = "${token}"
${header}${trust}  }
}
`;
  });
  return components.length ? [{ id: 'alloy', title: 'Alloy', text: [...new Set(components)].join('\n') }] : [];
}

/** Whether requests with a method take a permission, at every path of an endpoint. */
const takes = ({ require, methods }: Endpoint, permission: Permission, method: string) =>
  require === permission || methods[method] === permission;

/** The part of a path before what a client appends by itself, of the first path that has one. */
function firstRoot(endpoints: Endpoint[], form: RegExp): string | undefined {
  for (const { paths } of endpoints) {
    for (const path of paths) {
      const match = form.exec(path);
      if (match) {
        return path === '/' ? '' : (match[1] ?? path);
      }
    }
  }
  return undefined;
}

/** Says for an endpoint that takes several permissions which one the gate is asked about. */
function asWhat({ key, endpoints }: Use, name: string): string {
  const endpoint = endpoints.find((one) => one.name === name);
  const permission = endpoint && !endpoint.require ? granted(key.role, endpoint)[0] : undefined;
  return permission && permission !== 'none' ? `&require=${permission}` : '';
}

/** Asks the gate whether it lets the key in. */
function curl(use: Use): Snippet[] {
  const { token, gate } = use;
  const name = provenAt(use);
  if (name === undefined || !gate.url) {
    return [];
  }
  const trust = gate.certificate ? `--cacert ${CERTIFICATE_FILE} ` : '';
  const address = `${gate.url}/auth${name && `?endpoint=${name}${asWhat(use, name)}`}`;
  return [
    {
      id: 'bearer',
      title: t('snippets.curl-bearer', 'curl, Bearer'),
      text: `curl -i ${trust}-H 'Authorization: Bearer ${token}' '${address}'`,
    },
    {
      id: 'basic',
      title: t('snippets.curl-basic', 'curl, Basic'),
      text: `curl -i ${trust}-u 'api_key:${token}' '${address}'`,
    },
  ];
}

function prometheus({ token, gate }: Use, { name, paths }: Endpoint): Snippet {
  const { protocol, host, pathname } = new URL(gate.url);
  const path = paths.find((one) => one.endsWith('/metrics')) ?? paths[0];
  return {
    id: 'prometheus',
    title: 'Prometheus',
    text: `scrape_configs:
  - job_name: ${name}
    scheme: ${protocol.slice(0, -1)}
    metrics_path: ${pathname.replace(/\/$/, '')}${path === '/' ? '/metrics' : path}
    authorization:
      type: Bearer
      credentials: ${token}
${gate.certificate ? `    tls_config:\n      ca_file: ${CERTIFICATE_FILE}\n` : ''}    static_configs:
      - targets: ['${host}']
`,
  };
}

function collector({ token, gate }: Use, root: string): Snippet {
  return {
    id: 'otel',
    title: 'OpenTelemetry Collector',
    text: `extensions:
  bearertokenauth:
    token: ${token}

exporters:
  otlp_http: # otlphttp in older Collectors
    endpoint: ${gate.url}${root}
${gate.certificate ? `    tls:\n      ca_file: ${CERTIFICATE_FILE}\n` : ''}    auth:
      authenticator: bearertokenauth

service:
  extensions: [bearertokenauth]
`,
  };
}

function pyroscope({ token, gate }: Use, root: string): Snippet {
  return {
    id: 'pyroscope',
    title: 'Pyroscope (Go)',
    text: `${gate.certificate ? `// Run it with SSL_CERT_FILE=${CERTIFICATE_FILE}\n` : ''}pyroscope.Start(pyroscope.Config{
	ApplicationName:   "my.service",
	ServerAddress:     "${gate.url}${root}",
	BasicAuthUser:     "api_key",
	BasicAuthPassword: "${token}",
})
`,
  };
}
