import { plugin } from './module';

test('Grafana gets the root page and two tabs', () => {
  expect(plugin.root).toBeDefined();
  expect(plugin.configPages?.map(({ id, title }) => [id, title])).toEqual([
    ['keys', 'API keys'],
    ['settings', 'Settings'],
  ]);
});
