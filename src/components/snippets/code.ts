import type { Endpoint } from '../../api/types';
import { t } from '../../i18n';
import { granted, lacksTenant, opened } from '../access';
import { dataSourceAt, logsAt, profilesAt } from '../programs';
import { scraped } from './prometheus';
import { CERTIFICATE_FILE, places, quoted, tenantHeaders, type Header, type Snippet, type Use } from './use';

/**
 * The name of the endpoint at which the key can be tried; empty for any, undefined if it opens none of those that it is
 * limited to. A name that the gate does not know may be one that only a proxy knows.
 */
export function provenAt({ key, endpoints }: Pick<Use, 'key' | 'endpoints'>): string | undefined {
  if (!key.endpoints.length) {
    return '';
  }
  const elsewhere = key.endpoints.find((name) => !endpoints.some((endpoint) => endpoint.name === name));
  const open = opened(key, endpoints);
  return (open.find((endpoint) => !lacksTenant(key, endpoint)) ?? open[0])?.name ?? elsewhere;
}

/** A question to the gate whether it lets the key in, with what it says about a tenant. */
function question(use: Use): { url: string; headers: Header[] } | undefined {
  const { key, endpoints, gate } = use;
  const name = provenAt(use);
  if (name === undefined || !gate.url) {
    return undefined;
  }
  const endpoint = endpoints.find((one) => one.name === name);
  const permission = endpoint && granted(key.role, endpoint)[0];
  const asked = [
    ...(name ? [`endpoint=${encodeURIComponent(name)}`] : []),
    // An endpoint that takes several permissions must be asked about one.
    ...(permission && permission !== 'none' && !endpoint.require ? [`require=${permission}`] : []),
  ];
  return {
    url: `${gate.url}/auth${asked.length ? `?${asked.join('&')}` : ''}`,
    headers: endpoint ? tenantHeaders(use, endpoint, permission === 'ingest' ? 'ingest' : 'read') : [],
  };
}

/** What a data source of a type is asked for: it answers with some of what is there. */
const SOME: Record<string, [path: string, query: string]> = {
  loki: ['/loki/api/v1/query_range', 'query={job=~".+"}'],
  prometheus: ['/api/v1/query', 'query=up'],
};

/** Does what the key is for, with curl: pushes a line of log, or reads some of what is there. */
export function trial(use: Use): Snippet[] {
  const trust = use.gate.certificate ? `--cacert ${CERTIFICATE_FILE} ` : '';
  const line = (headers: Header[], rest: string) =>
    `curl -i ${trust}${headers.map(([name, value]) => `-H ${inShell(`${name}: ${value}`)} `).join('')}${rest}`;
  const key: Header = ['Authorization', `Bearer ${use.token}`];
  // What would be refused proves nothing.
  const [logs] = places(use, 'ingest', (endpoint) => (lacksTenant(use.key, endpoint) ? undefined : logsAt(endpoint)));
  if (logs) {
    const before = '{"streams": [{"stream": {"job": "first"}, "values": [["';
    // The shell puts the time in, in nanoseconds.
    const body = `'${before}'$(date +%s)'000000000", "Hello from curl"]]}]}'`;
    const headers: Header[] = [key, ['Content-Type', 'application/json'], ...logs.tenant];
    return [
      {
        id: 'push',
        title: t('snippets.curl-push', 'curl, a line of log'),
        text: line(headers, `-d ${body} ${inShell(logs.url)}`),
      },
    ];
  }
  const asked = (endpoint: Endpoint) => SOME[dataSourceAt(endpoint)?.type ?? ''];
  const [read] = places(use, 'read', (endpoint) =>
    asked(endpoint) && !lacksTenant(use.key, endpoint) ? dataSourceAt(endpoint)!.path + asked(endpoint)[0] : undefined
  );
  const source = read && use.endpoints.find(({ name }) => name === read.name);
  return source
    ? [
        {
          id: 'query',
          title: t('snippets.curl-query', 'curl, a query'),
          text: line([key, ...read.tenant], `-G --data-urlencode ${inShell(asked(source)[1])} ${inShell(read.url)}`),
        },
      ]
    : [];
}

/** Asks the gate whether it lets the key in. */
export function curl(use: Use): Snippet[] {
  const asked = question(use);
  if (!asked) {
    return [];
  }
  const trust = use.gate.certificate ? `--cacert ${CERTIFICATE_FILE} ` : '';
  const more = asked.headers.map(([name, value]) => `-H ${inShell(`${name}: ${value}`)} `).join('');
  return [
    {
      id: 'bearer',
      title: t('snippets.curl-bearer', 'curl, Bearer'),
      text: `curl -i ${trust}-H 'Authorization: Bearer ${use.token}' ${more}${inShell(asked.url)}`,
    },
    {
      id: 'basic',
      title: t('snippets.curl-basic', 'curl, Basic'),
      text: `curl -i ${trust}-u 'api_key:${use.token}' ${more}${inShell(asked.url)}`,
    },
  ];
}

const inShell = (text: string) => `'${text.replace(/'/g, "'\\''")}'`;

/** A program without libraries that does what the key is for: it pushes a line of log, reads, or asks the gate. */
export function python(use: Use): Snippet[] {
  const [logs] = places(use, 'ingest', logsAt);
  const read = scraped(use) ?? places(use, 'read', (endpoint) => dataSourceAt(endpoint)?.path)[0];
  const asked = question(use);
  const { url, headers } = logs
    ? { url: logs.url, headers: logs.tenant }
    : read
      ? { url: read.url, headers: read.tenant }
      : { url: asked?.url, headers: asked?.headers ?? [] };
  if (!url) {
    return [];
  }
  const sent: Header[] = [
    ['Authorization', `Bearer ${use.token}`],
    ...(logs ? ([['Content-Type', 'application/json']] satisfies Header[]) : []),
    ...headers,
  ];
  const trust = use.gate.certificate;
  const imports = [...(logs ? ['json'] : []), ...(trust ? ['ssl'] : []), ...(logs ? ['time'] : []), 'urllib.request'];
  const line = '[str(time.time_ns()), "A line from Python"]';
  const body = logs
    ? `    data=json.dumps({"streams": [{"stream": {"job": "python"}, "values": [${line}]}]}).encode(),\n`
    : '';
  return [
    {
      id: 'python',
      title: 'Python',
      text: `${imports.map((name) => `import ${name}\n`).join('')}
request = urllib.request.Request(
    ${quoted(probed(use, url))},
${body}    headers={
${sent.map(([name, value]) => `        ${quoted(name)}: ${quoted(value)},\n`).join('')}    },
)
${trust ? `trust = ssl.create_default_context(cafile="${CERTIFICATE_FILE}")\n` : ''}with urllib.request.urlopen(request, timeout=10${trust ? ', context=trust' : ''}) as answer:
    print(answer.status, answer.read(2000).decode())
`,
    },
  ];
}

/** What to ask of a data source for something that it always has. */
function probed({ endpoints, gate }: Use, url: string): string {
  const paths: Record<string, string> = {
    loki: '/loki/api/v1/labels',
    prometheus: '/api/v1/labels',
    tempo: '/api/search/tags',
    'grafana-pyroscope-datasource': '/pyroscope/label-values?label=__name__',
  };
  const source = endpoints.map(dataSourceAt).find((one) => one && gate.url + one.path === url);
  return url + (source ? (paths[source.type] ?? '') : '');
}

/** What starts Pyroscope's library in a program in Go. */
export function pyroscope(use: Use): Snippet[] {
  const [target] = places(use, 'ingest', profilesAt);
  if (!target) {
    return [];
  }
  const tenant = target.tenant.map(([, value]) => `	TenantID:          ${quoted(value)},\n`).join('');
  return [
    {
      id: 'pyroscope',
      title: 'Pyroscope (Go)',
      text: `${use.gate.certificate ? `// Run it with SSL_CERT_FILE=${CERTIFICATE_FILE}\n` : ''}pyroscope.Start(pyroscope.Config{
	ApplicationName:   "my.service",
	ServerAddress:     ${quoted(target.url)},
	BasicAuthUser:     "api_key",
	BasicAuthPassword: "${use.token}",
${tenant}})
`,
    },
  ];
}
