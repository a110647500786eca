import { spawn, type ChildProcess } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import { expectSoon, launchBrowser, Visitor } from './browser';
import { freePort, startServer, type Server } from './server';

/*
 * The console below a path of another server, as a real nginx serves it: nothing behind the proxy knows that path.
 */

let browser: Browser;
let server: Server;
let nginx: { child: ChildProcess; home: string; url: string };

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  nginx = await startNginx(server.url);
});
afterAll(async () => {
  await browser?.close();
  nginx?.child.kill('SIGTERM');
  await server?.remove();
  nginx && rmSync(nginx.home, { recursive: true, force: true });
});

test.each(['/sub/', '/tools/api-keys/', '/with%20space/'])('all pages work below %s', async (root) => {
  const visitor = await Visitor.arrive(browser, { ...server, url: nginx.url, home: root });
  const { page, dialog } = visitor;
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith(root)) {
      elsewhere.push(pathname);
    }
  });
  const at = (rest: string) => expectSoon(async () => expect(page.url()).toBe(nginx.url + root + rest));

  await page.getByText('Stay signed in until this tab is closed').click();
  await visitor.signIn();
  const name = `below-${root.replace(/\W/g, '')}`;
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Create (key|your first key)$/ })
    .click();
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const [, id] = (await visitor.takeToken()).split('_');
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await at(`keys/${id}`);
  expect((await page.reload())?.status()).toBe(200);
  await page.getByRole('heading', { level: 1, name }).waitFor();
  for (const [link, place] of [
    ['Agent pools', 'pools'],
    ['Audit trail', 'audit'],
    ['Settings', 'settings'],
  ] as const) {
    await visitor.open(link);
    await at(place);
    expect((await page.reload())?.status()).toBe(200);
    await page.getByRole('heading', { level: 1, name: link }).waitFor();
  }
  await visitor.open('API keys');
  await at('keys');
  await page.goBack();
  await at('settings');
  await page.goto(`${nginx.url}${root}keys/AAAAAAAAAAAA`);
  await page.getByRole('link', { name: 'Show all keys' }).click();
  await visitor.row(name).waitFor();
  await page.evaluate(() => document.fonts.ready);
  expect(await page.evaluate(() => [...document.fonts].filter(({ status }) => status === 'error').length)).toBe(0);
  expect(
    await page
      .locator('img')
      .first()
      .evaluate((image: HTMLImageElement) => image.naturalWidth)
  ).toBeGreaterThan(0);

  expect(elsewhere).toEqual([]);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});

async function startNginx(upstream: string) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'ostiary-nginx-'));
  const port = await freePort();
  const locations = ['/sub/', '/tools/api-keys/', '"/with space/"']
    .map((place) => `location ${place} { proxy_pass ${upstream}/; }`)
    .join('\n');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${home}/${kind};`)
    .join('\n');
  writeFileSync(
    path.join(home, 'nginx.conf'),
    `daemon off; pid ${home}/pid; error_log stderr;
     events {}
     http { access_log off; ${temporary} server { listen 127.0.0.1:${port}; ${locations} } }`
  );
  const child = spawn('nginx', ['-p', home, '-c', path.join(home, 'nginx.conf')], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }, // where Debian keeps servers
  });
  const url = `http://127.0.0.1:${port}`;
  await expectSoon(async () => expect((await fetch(`${url}/sub/`)).status).toBe(200), 20_000);
  return { child, home, url };
}
