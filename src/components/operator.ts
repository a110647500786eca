import type { EndpointList } from '../api/types';
import type { Host } from '../host';
import { t } from '../i18n';

/** What whoever runs the server writes, so that Admins may make endpoints. */
export interface Permit {
  /** Where it is written. */
  where: string;
  text: string;
  /** What makes the server read it. */
  then: string;
  command: string;
}

/** The lines for this very server. */
export function permit({ file }: Pick<EndpointList, 'file'>, kind: Host['kind']): Permit {
  if (file) {
    return {
      where: t('permit.file', 'Write this into {{file}}, below “gate:” if that is there:', { file }),
      text: YAML,
      then: t('permit.reload', 'The server reads it without a restart:'),
      command: 'pkill -HUP -x ' + (kind === 'grafana' ? 'gpx_ostiary_api' : 'ostiary'),
    };
  }
  return kind === 'grafana'
    ? {
        where: t('permit.ini', 'Write this into grafana.ini:'),
        text: INI,
        then: t('permit.restart-grafana', 'Then restart Grafana:'),
        command: 'systemctl restart grafana-server',
      }
    : {
        where: t('permit.new-file', 'Save this as ostiary.yaml where the server runs:'),
        text: YAML,
        then: t(
          'permit.restart',
          'Stop the server with Ctrl+C, and start it with that file; “go tool mage run” takes it by itself:'
        ),
        command: 'ostiary serve --config ostiary.yaml',
      };
}

const UPSTREAM = '127.0.0.1:3100';
const REMARK = '# where Loki listens; several with commas between';

const YAML = `gate:
  endpoints_in_store: true
  upstreams: ["${UPSTREAM}"]   ${REMARK}
`;

const INI = `[plugin.ostiary-apikeys-app]
gate_endpoints_in_store = true
gate_upstreams = ${UPSTREAM}
`;
