import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import type { EndpointList, KeyList } from '../api/types';
import { expectSoon, launchBrowser, Visitor } from './browser';
import { DAMAGED, startServer, type Server } from './server';

/*
 * All of it by keyboard alone, from signing in to a key that is revoked: an endpoint is made, a key for it, a refusal is
 * looked at and mended, a database is chosen for import. Nothing here touches the mouse.
 */

let browser: Browser;
let server: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-keyboard-'));
  const config = path.join(folder, 'ostiary.yaml');
  writeFileSync(config, 'gate:\n  endpoints_in_store: true\n  upstreams: ["127.0.0.1"]\n');
  [browser, server] = await Promise.all([launchBrowser(), startServer(['--config', config])]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('an endpoint, a key, a refusal that is mended, an import that is begun, and the key revoked', async () => {
  await server.create({ name: 'there-already' }); // so that there is a list
  const visitor = await Visitor.arrive(browser, server);
  const { page, dialog } = visitor;
  const press = async (...keys: string[]) => {
    for (const key of keys) {
      await page.keyboard.press(key);
    }
  };
  const type = (text: string) => page.keyboard.insertText(text);
  /** Moves on until what has the focus has a name. */
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 80; i++) {
      await press('Tab');
      const label = await page
        .locator(':focus')
        .evaluate(
          (e) => e.getAttribute('aria-label') ?? (e as HTMLInputElement).labels?.[0]?.textContent ?? e.textContent ?? ''
        );
      if (name.test(label)) {
        return;
      }
    }
    throw new Error(`nothing called ${name} can be reached with Tab`);
  };
  /** Chooses in the menu that is open. */
  const choose = async (name: string) => {
    const focused = page.getByRole('menuitem').and(page.locator(':focus'));
    await focused.waitFor();
    const items = await page.getByRole('menuitem').allTextContents();
    for (let at = 0; at < items.indexOf(name); at++) {
      await press('ArrowDown');
    }
    await focused.filter({ hasText: name }).waitFor();
    await press('Enter');
  };
  const goTo = async (letter: string, title: string) => {
    await press('g', letter);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
  };
  const closed = () => dialog.waitFor({ state: 'detached' });

  await type(server.adminKey); // the field has the focus
  await press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

  const onHeading = (title: string) =>
    page.getByRole('heading', { level: 1, name: title }).and(page.locator(':focus')).waitFor();
  await onHeading('Overview');
  await page.getByText('Check a token').first().waitFor(); // it is loaded, so that keys count

  // An endpoint, by way of the palette.
  await press('Control+k');
  await page
    .getByRole('combobox', { name: /^A page, a key/ })
    .and(page.locator(':focus'))
    .waitFor();
  await type('endpoints');
  await page.getByRole('option', { name: /^Endpoints/ }).waitFor();
  await press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Endpoints' }).waitFor();
  await closed();
  await onHeading('Endpoints');
  await page.getByText('The gate has no endpoints yet').waitFor();
  await tabTo(/^Add endpoint$/);
  await press('Enter');
  await dialog.locator('#endpoint-path').waitFor();
  await tabTo(/^Name/);
  await type('by-keyboard');
  await tabTo(/^Path/);
  await type('/by-keyboard');
  await tabTo(/^Check$/);
  await press('Enter');
  await dialog.getByRole('button', { name: 'Add endpoint' }).waitFor();
  await tabTo(/^Add endpoint$/);
  await press('Enter');
  await closed();
  expect((await server.api<EndpointList>('GET', '/v1/endpoints')).endpoints).toMatchObject([
    { name: 'by-keyboard', path: '/by-keyboard' },
  ]);

  // A key that is let in from elsewhere alone.
  await goTo('k', 'API keys');
  await visitor.row('there-already').waitFor();
  await press('c');
  await expectSoon(async () => expect(await page.locator(':focus').getAttribute('id')).toBe('key-name'));
  await type('made-by-keyboard');
  await tabTo(/^Agent/);
  await press('ArrowUp'); // Viewer stands before Agent
  await tabTo(/^Allowed addresses/);
  await type('10.0.0.0/8');
  await tabTo(/^Create key$/);
  await press('Enter');
  const token = await visitor.token();
  await tabTo(/^Copy token$/);
  await press('Enter');
  await page.getByText('Copied', { exact: true }).waitFor();
  await press('Escape');
  await closed();
  const { keys } = await server.api<KeyList>('GET', '/v1/keys?q=made-by-keyboard');
  expect(keys).toMatchObject([{ role: 'Viewer', allowedCidrs: ['10.0.0.0/8'] }]);

  // Its refusal, and what helps.
  const ask = async () =>
    (await fetch(`${server.gate}/auth?endpoint=by-keyboard`, { headers: { Authorization: `Bearer ${token}` } })).status;
  expect(await ask()).toBe(403);
  await goTo('r', 'Refused');
  await page.getByRole('row').filter({ hasText: 'made-by-keyboard' }).waitFor({ timeout: 15_000 });
  await tabTo(/^Allow this address/);
  await press('Enter');
  await dialog.getByText('10.0.0.0/8, 127.0.0.1').waitFor();
  await tabTo(/^Allow this address/);
  await press('Enter');
  await closed();
  expect(await ask()).toBe(200);

  // An import. The window in which a file is chosen is the browser's own.
  await goTo('k', 'API keys');
  await visitor.row('made-by-keyboard').waitFor();
  await tabTo(/^Export, import$/);
  await press('Enter');
  await choose('Import keys');
  await dialog.waitFor();
  await tabTo(/^Database/);
  await dialog.locator('input[type=file]').setInputFiles({
    name: 'grafana.db',
    mimeType: 'application/vnd.sqlite3',
    buffer: Buffer.from(DAMAGED),
  });
  await tabTo(/^Preview$/);
  await press('Enter');
  await dialog.getByRole('alert').waitFor();
  await press('Escape');
  await closed();
  await expectSoon(async () => expect(await page.locator(':focus').textContent()).toBe('Export, import'));

  // The end of the key.
  await tabTo(/^Actions for made-by-keyboard$/);
  await press('Enter');
  await choose('Revoke');
  await page.locator('#confirm-name').and(page.locator(':focus')).waitFor();
  await type('made-by-keyboard');
  await press('Enter');
  await closed();
  await visitor.row('made-by-keyboard').getByText('Revoked').waitFor();
  expect(await ask()).toBe(401);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}, 120_000);
