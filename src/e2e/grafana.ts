import { spawn } from 'child_process';
import os from 'os';
import path from 'path';
import { askAs, PAGE_BASE, type Server } from './server';
import type { Health, IssuedKey } from '../api/types';

const HOST = path.resolve('bin/test/pluginhost');

/** Somebody whom the stand-in for Grafana knows: login and password are the same. */
export type GrafanaUser = 'admin' | 'editor' | 'viewer' | 'root';

/**
 * Starts the plugin's real executable behind the stand-in for Grafana, which serves the built plugin's own pages. Who
 * visits is signed in already, as Grafana would have done it.
 * @param settings of the plugin in grafana.ini
 */
export async function startGrafana(settings: Record<string, string> = {}): Promise<Server> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[os.arch()];
  const set = Object.entries(settings).flatMap(([name, value]) => ['-set', `${name}=${value}`]);
  const args = ['-pages', 'bin/test/grafana', '-plugin', 'dist', ...set];
  const child = spawn(HOST, [...args, '-executable', `dist/gpx_ostiary_apikeys_${os.platform()}_${arch}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const said = await new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${HOST} does not start: ${error.message}`)));
    child.on('exit', (code) => reject(new Error(`${HOST} ended with ${code}`)));
    child.stdout.on('data', (chunk) => resolve(String(chunk)));
  });
  child.removeAllListeners('exit');
  const { url } = JSON.parse(said) as { url: string };
  const api = askAs(url, basic('admin'));
  const { gate } = await api<Health>('GET', '/v1/health');
  const never = () => Promise.reject(new Error('Grafana is not halted in these tests'));
  return {
    url,
    gate: gate!.listen,
    home: PAGE_BASE,
    headers: { Authorization: basic('admin') },
    adminKey: '',
    api,
    create: (key) => api<IssuedKey>('POST', '/v1/keys', { role: 'Agent', ...key }),
    hangUp: never,
    halt: never,
    restart: never,
    remove: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end(); // which ends it
      }),
  };
}

/** The same Grafana for another of its users. */
export const asUser = (grafana: Server, user: GrafanaUser): Server => ({
  ...grafana,
  headers: { Authorization: basic(user) },
});

const basic = (user: GrafanaUser) => `Basic ${Buffer.from(`${user}:${user}`).toString('base64')}`;
