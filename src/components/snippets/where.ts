import { t } from '../../i18n';

/** The file that a snippet goes into, and what makes its program read it; what is added to a file has `add`. */
interface Place {
  file: string;
  then: string;
  add?: boolean;
}

/** As the packages for Debian have them. */
const PLACES: Record<string, Place> = {
  alloy: { file: '/etc/alloy/config.alloy', then: 'systemctl reload alloy' },
  otel: { file: '/etc/otelcol-contrib/config.yaml', then: 'systemctl restart otelcol-contrib' },
  promtail: { file: '/etc/promtail/config.yml', then: 'systemctl restart promtail' },
  telegraf: { file: '/etc/telegraf/telegraf.conf', then: 'systemctl restart telegraf' },
  vector: { file: '/etc/vector/vector.yaml', then: 'systemctl restart vector' },
  prometheus: { file: '/etc/prometheus/prometheus.yml', then: 'systemctl reload prometheus', add: true },
  'remote-write': { file: '/etc/prometheus/prometheus.yml', then: 'systemctl reload prometheus', add: true },
  grafana: {
    file: '/etc/grafana/provisioning/datasources/ostiary.yaml',
    then: 'systemctl restart grafana-server',
  },
  python: { file: 'first.py', then: 'python3 first.py' },
  nginx: { file: '/etc/nginx/conf.d/ostiary.conf', then: 'nginx -s reload' },
  kubernetes: { file: 'secret.yaml', then: 'kubectl apply -f secret.yaml' },
};

/** Where a snippet is put, in a sentence; empty for what needs none. */
export function whereToPut(id: string): string {
  const place = PLACES[id];
  if (place) {
    return place.add
      ? t('snippets.add-to', 'Add it to {{file}}, then run “{{then}}”.', { ...place })
      : t('snippets.save-as', 'Save it as {{file}}, then run “{{then}}”.', { ...place });
  }
  switch (id) {
    case 'grafana-form':
      return t(
        'snippets.in-grafana',
        'In Grafana: Connections, Add new connection, then the program, Add new data source.'
      );
    case 'push':
    case 'query':
    case 'bearer':
    case 'basic':
      return t('snippets.in-terminal', 'Paste it into a terminal.');
    default:
      return '';
  }
}
