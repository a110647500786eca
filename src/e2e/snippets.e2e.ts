import { execFile, spawn } from 'child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createServer, type Server as HttpServer } from 'http';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import type { CreateKey } from '../api/types';
import { expectSoon, launchBrowser, runInShell, Visitor } from './browser';
import { freePort, startServer, type Server } from './server';

/*
 * Every snippet that the page offers for a new key works, for every role and all restrictions: each is given to the
 * client that it is made for, which goes through the real gate.
 */

let browser: Browser;
let upstream: HttpServer & { seen: string[] };
const home = mkdtempSync(path.join(os.tmpdir(), 'ostiary-snippets-'));

beforeAll(async () => {
  browser = await launchBrowser();
  upstream = await startUpstream();
});
afterAll(async () => {
  await browser?.close();
  upstream?.close();
  rmSync(home, { recursive: true, force: true });
});

/** What lies behind the gate: it takes everything, and has one metric to scrape. */
function startUpstream(): Promise<typeof upstream> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      seen.push(`${request.method} ${request.url?.split('?')[0]}`);
      response.setHeader('Content-Type', 'text/plain; version=0.0.4');
      response.end(request.url === '/metrics' ? 'behind_the_gate 1\n' : '');
    });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(Object.assign(server, { seen }) as typeof upstream))
  );
}

const CURL = ['curl, Bearer', 'curl, Basic'];

/** Keys, and the tabs that they get. */
const KEYS: Array<[string, Partial<CreateKey>, string[]]> = [
  ['an Admin', { role: 'Admin' }, [...CURL, 'Prometheus', 'OpenTelemetry Collector', 'Pyroscope (Go)', 'Environment']],
  ['an Editor', { role: 'Editor' }, [...CURL, 'Prometheus', 'Environment']],
  ['a Viewer', { role: 'Viewer' }, [...CURL, 'Prometheus', 'Environment']],
  ['an Agent', { role: 'Agent' }, [...CURL, 'OpenTelemetry Collector', 'Pyroscope (Go)', 'Environment']],
  ['a Viewer of one endpoint', { role: 'Viewer', endpoints: ['metrics'] }, [...CURL, 'Prometheus', 'Environment']],
  ['an Agent of one endpoint', { role: 'Agent', endpoints: ['profiles'] }, [...CURL, 'Pyroscope (Go)', 'Environment']],
  ['an Agent of an endpoint of a proxy', { role: 'Agent', endpoints: ['behind-nginx'] }, [...CURL, 'Environment']],
  ['an Agent of a pool', { role: 'Agent', pool: 'presses', endpoints: ['presses'] }, [...CURL, 'Environment']],
  ['an Agent of an endpoint for readers', { role: 'Agent', endpoints: ['metrics'] }, ['Environment']],
];

describe.each([
  ['in the open', []],
  ['behind a self-made certificate', ['--gate.tls.self-signed']],
])('at a gate %s', (_, flags) => {
  let server: Server;
  const certified = flags.length > 0;

  beforeAll(async () => {
    const file = path.join(home, 'ostiary.yaml');
    const { port } = upstream.address() as { port: number };
    const to = `upstream: "http://127.0.0.1:${port}"`;
    writeFileSync(
      file,
      `gate:
  endpoints:
    - {name: metrics, path: /metrics, require: read, ${to}}
    - {name: traces, path: /v1/traces, require: ingest, ${to}}
    - {name: profiles, path: /ingest, require: ingest, ${to}}
    - {name: presses, path: /presses, require: ingest, pool: presses}
    - {name: console, path: /console, require: manage}
`
    );
    server = await startServer(['--config', file, ...flags]);
  });
  afterAll(() => server?.remove());

  test.each(KEYS)(
    '%s',
    async (who, key, tabs) => {
      const visitor = await Visitor.arrive(browser, server);
      const { page, dialog } = visitor;
      await visitor.signIn();
      await page
        .getByRole('main')
        .getByRole('button', { name: /^Create (key|your first key)$/ })
        .click();
      await dialog.getByLabel('Name').fill(who.replace(/ /g, '-'));
      await dialog.getByRole('radio', { name: new RegExp(`^${key.role}`) }).check({ force: true });
      await page.locator('#key-endpoints').fill(key.endpoints?.join(', ') ?? '');
      if (key.pool) {
        await dialog.getByLabel('Pool').fill(key.pool);
      }
      await dialog.getByRole('button', { name: 'Create key' }).click();
      const token = await visitor.token();
      await dialog.getByRole('tab').first().waitFor();
      const offered = await dialog.getByRole('tab').allTextContents();
      expect(offered).toEqual([...tabs, ...(certified ? ['Certificate'] : [])]);
      expect(await dialog.getByText('This key opens nothing').count()).toBe(tabs.length > 1 ? 0 : 1);
      expect(await visitor.axe()).toEqual([]);

      const texts: Record<string, string> = {};
      for (const tab of offered) {
        await dialog.getByRole('tab', { name: tab }).click();
        texts[tab] = (await dialog.locator('pre').textContent()) ?? '';
      }
      if (certified) {
        writeFileSync(path.join(home, 'ostiary-gate.pem'), texts.Certificate);
      }
      for (const tab of tabs) {
        expect([tab, await works[tab](texts[tab], token, server)]).toEqual([tab, 'works']);
      }
      expect(visitor.complaints).toEqual([]);
      await visitor.leave();
    },
    180_000
  );
});

type Trial = (text: string, token: string, server: Server) => Promise<string>;

/** Runs a shell in the directory in which the certificate was saved. */
const shell = (line: string) => runInShell(`cd '${home}' && ${line}`);
const outcome = (status: string, good = '200') => (status === good ? 'works' : status);
const curl: Trial = async (text) => outcome(await shell(`${text} -s -o /dev/null -w '%{http_code}'`));

/** Does with each piece what it is for. */
const works: Record<string, Trial> = {
  'curl, Bearer': curl,
  'curl, Basic': curl,
  Environment: async (text, token) => outcome(await shell(`${text}; printf %s "$OSTIARY_API_KEY"`), token),
  Prometheus: scrape,
  // There is no Collector to be had for tests: what it would send goes with its settings, by curl.
  'OpenTelemetry Collector': async (text) => {
    const setting = (name: string) => new RegExp(`^ *${name}: (\\S+)$`, 'm').exec(text)?.[1] ?? '';
    const trust = setting('ca_file') && `--cacert ${setting('ca_file')}`;
    const request = `curl -s -o /dev/null -w '%{http_code}' ${trust} -H 'Content-Type: application/x-protobuf'`;
    const before = upstream.seen.length;
    const status = await shell(
      `${request} -H 'Authorization: Bearer ${setting('token')}' --data '' ${setting('endpoint')}/v1/traces`
    );
    expect(upstream.seen.slice(before)).toEqual(['POST /v1/traces']);
    return outcome(status);
  },
  'Pyroscope (Go)': profile,
};

/** Has a real Prometheus scrape what the gate protects. */
async function scrape(text: string): Promise<string> {
  writeFileSync(path.join(home, 'prometheus.yml'), `global: {scrape_interval: 1s}\n${text}`);
  await shell('promtool check config prometheus.yml');
  const port = await freePort();
  const child = spawn(
    'prometheus',
    ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`],
    { cwd: home, stdio: 'ignore' }
  );
  try {
    const up = () => fetch(`http://127.0.0.1:${port}/api/v1/query?query=behind_the_gate`).then((r) => r.text());
    await expectSoon(async () => expect(await up()).toContain('behind_the_gate'), 60_000);
    return 'works';
  } finally {
    await new Promise((resolve) => child.once('exit', resolve).kill('SIGKILL'));
    rmSync(path.join(home, 'data'), { recursive: true, force: true });
  }
}

/** Compiles and runs a program that sends a profile, with Pyroscope's own library. */
async function profile(text: string): Promise<string> {
  const folder = path.resolve('bin/test/profiled');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'main.go'),
    `package main

import (
	"time"

	"github.com/grafana/pyroscope-go"
)

func main() {
	profiler, err := ${text.replace(/^\/\/.*\n/, '')}
	if err != nil {
		panic(err)
	}
	time.Sleep(100 * time.Millisecond)
	profiler.Flush(true)
	if err := profiler.Stop(); err != nil {
		panic(err)
	}
}
`
  );
  const [, file] = /SSL_CERT_FILE=(\S+)/.exec(text) ?? [];
  const before = upstream.seen.length;
  await new Promise<void>((resolve, reject) =>
    execFile(
      'go',
      ['run', folder],
      { env: { ...process.env, ...(file ? { SSL_CERT_FILE: path.join(home, file) } : {}) } },
      (error, _, stderr) => (error ? reject(new Error(stderr)) : resolve())
    )
  );
  return outcome(
    upstream.seen.slice(before).find((request) => request === 'POST /ingest') ?? 'nothing came',
    'POST /ingest'
  );
}
