import { anEndpoint } from '../test/fixtures';
import { meant } from './meant';

const ENDPOINTS = [
  anEndpoint({ name: 'logs', path: '/loki', kind: 'loki', require: '', takes: ['ingest'] }),
  anEndpoint({ name: 'metrics', path: '/mimir', kind: 'mimir', require: '', takes: ['ingest'] }),
  anEndpoint({ name: 'otel', path: '/otel/v1/traces', require: 'ingest', takes: ['ingest'] }),
  anEndpoint({ name: 'profiles', path: '/pyroscope', kind: 'pyroscope', require: '', takes: ['ingest'] }),
];

test.each([
  ['/loki/api/v1/push', 'Is /loki/loki/api/v1/push meant, of the endpoint logs?'],
  ['/api/v1/push', 'Is /mimir/api/v1/push meant, of the endpoint metrics?'],
  ['/v1/traces', 'Is /otel/v1/traces meant, of the endpoint otel?'],
  ['/v1/metrics', 'Is /mimir/otlp/v1/metrics meant, of the endpoint metrics?'],
  ['/ingest', 'Is /pyroscope/ingest meant, of the endpoint profiles?'],
  ['/loki/loki/api/v1/push', ''],
  ['/nonsense', ''],
  ['/', ''],
  ['', ''],
])('%s', (path, said) => {
  expect(meant({ code: 'no_endpoint', path }, ENDPOINTS)).toBe(said);
  expect(meant({ code: 'forbidden', path }, ENDPOINTS)).toBe('');
});
