import { execFileSync } from 'child_process';
import { once } from 'events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import { curlGate, expectSoon, launchBrowser, runInShell, Visitor } from './browser';
import { DAMAGED, startServer, type Server } from './server';

/*
 * Keys of other systems are taken over: their databases, made by real SQLite, are uploaded in a real browser, and the
 * tokens that their clients have open this gate afterwards.
 */

/** The secrets in the databases, with the slow hashes that the other systems keep of them. */
const KUMA = 'kumaKumaKumaKumaKumaKumaKumaKuma';
const KUMA_HASH = '$2a$04$a/oIwT3hYZc3qiA6rvyqX..isfGmsOQGxuKDYyFbzgWdjmgRLDU7K';
const PYROSCOPE = 'secretsecretsecretsecretsecret12';
const PYROSCOPE_HASH = '$2a$04$xaOd.bC6IfpXWS5zgtX92.657.XnX7XDkh2MxiDHsH448zk1Wa1Ci';

let browser: Browser;
let server: Server;
let visitor: Visitor;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-import-'));
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  visitor = await Visitor.arrive(browser, server);
  await visitor.signIn();
});
afterEach(async () => {
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});

/** Makes a database of what a program keeps. */
function database(name: string, sql: string): string {
  const file = path.join(folder, name);
  execFileSync('sqlite3', [file, sql]);
  return file;
}

const kuma = (name = 'kuma.db') =>
  database(
    name,
    `CREATE TABLE user (id INTEGER PRIMARY KEY, username TEXT NOT NULL);
     INSERT INTO user VALUES (1, 'admin');
     CREATE TABLE setting (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT, type TEXT);
     CREATE TABLE api_key (id INTEGER PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, user_id INTEGER NOT NULL,
       created_date DATETIME DEFAULT (DATETIME('now')) NOT NULL, active BOOLEAN DEFAULT 1 NOT NULL, expires DATETIME);
     INSERT INTO api_key (id, key, name, user_id) VALUES (1, '${KUMA_HASH}', 'kuma-prometheus', 1);
     INSERT INTO api_key (id, key, name, user_id) VALUES (2, '${PYROSCOPE_HASH}', 'kuma-left-behind', 1);
     INSERT INTO api_key (id, key, name, user_id) VALUES (3, 'no hash at all', 'kuma-broken', 1);`
  );

test('from the empty list: keys of Uptime Kuma are seen first, chosen, and then open the gate', async () => {
  const { page, dialog } = visitor;
  await visitor.button('Import keys').click();
  await dialog.getByText('Step 1 of 3').waitFor();
  const preview = dialog.getByRole('button', { name: 'Preview' });
  await expectSoon(async () => expect(await preview.isDisabled()).toBe(true));

  // What is none is not sent, and says so.
  const text = path.join(folder, 'notes.txt');
  writeFileSync(text, 'no database');
  await visitor.choose('Uptime Kuma');
  const chooser = dialog.locator('input[type=file]');
  expect((await chooser.boundingBox())!.height).toBeGreaterThan(24); // a button that can be seen and hit
  await chooser.setInputFiles(text);
  await dialog.getByText('That is no SQLite database.').waitFor();
  expect(await preview.isDisabled()).toBe(true);
  // What only looks like one is refused.
  writeFileSync(text, DAMAGED);
  await chooser.setInputFiles([]);
  await chooser.setInputFiles(text);
  await preview.click();
  await dialog.getByRole('alert').filter({ hasText: 'No key was taken over' }).waitFor();
  // Nor is that of another program one.
  await visitor.choose('Pyroscope');
  await dialog.locator('input[type=file]').setInputFiles(kuma());
  await preview.click();
  await dialog.getByText(/has no table/).waitFor();

  // What is at an address is fetched by a line that is pasted, and is then a file like any other.
  await visitor.choose('Uptime Kuma');
  const origin = createServer((_, response) => response.end(readFileSync(kuma('there.db')))).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  await dialog.getByLabel('It has an address?').fill('kuma.db');
  await dialog.getByText('Write it like https://backup.example.com/kuma.db.').waitFor();
  await dialog.getByLabel('It has an address?').fill(`http://127.0.0.1:${port}/it's.db`);
  const line = (await dialog.locator('pre').filter({ hasText: 'curl' }).textContent()) ?? '';
  const fetched = mkdtempSync(path.join(folder, 'fetched-'));
  await runInShell(`cd '${fetched}' && ${line}`);
  origin.close();
  await dialog.locator('input[type=file]').setInputFiles(path.join(fetched, 'kuma.db'));
  await dialog.getByLabel('Time zone of Uptime Kuma').fill('Mars/Olympus');
  await preview.click();
  await dialog.getByText('It is not a time zone; write it like Europe/Berlin or UTC').waitFor();
  await dialog.getByLabel('Time zone of Uptime Kuma').fill('Europe/Berlin');
  await preview.click();
  await dialog.getByText('Step 2 of 3').waitFor();
  await dialog.getByText('2 of 3 keys can be taken over.').waitFor();
  // Who answers for the keys, and their labels, are chosen with the database; what is wrong stands at its field.
  await dialog.getByRole('button', { name: 'Back' }).click();
  await dialog.getByLabel('Owner').fill('sre@example.com');
  const labels = dialog.getByRole('combobox', { name: 'Labels' });
  await labels.fill('Team=sre');
  await labels.press('Enter');
  await expectSoon(async () => expect(await preview.isDisabled()).toBe(true));
  await labels.press('Backspace');
  await labels.fill('team=sre');
  await labels.press('Enter');
  await visitor.picture('import-owner');
  await preview.click();
  await dialog.getByText('2 of 3 keys can be taken over.').waitFor();
  await dialog.getByRole('columnheader', { name: 'Owner' }).waitFor();
  await dialog.getByRole('cell', { name: 'team=sre' }).first().waitFor();
  await visitor.picture('import-preview');
  // Who goes back still sees the file that was chosen.
  await dialog.getByRole('button', { name: 'Back' }).click();
  await dialog.getByText('Step 1 of 3').waitFor();
  await expectSoon(async () => expect(await chooser.inputValue()).toMatch(/kuma\.db$/));
  await preview.click();
  await dialog.getByText('2 of 3 keys can be taken over.').waitFor();
  await expectSoon(async () =>
    expect(await dialog.getByRole('checkbox', { name: 'Select kuma-broken' }).isDisabled()).toBe(true)
  );
  expect(await visitor.axe()).toEqual([]);
  expect((await server.api<{ keys: unknown[] }>('GET', '/v1/keys')).keys).toHaveLength(1);

  await dialog.getByRole('checkbox', { name: 'Select kuma-left-behind' }).uncheck({ force: true });
  await dialog.getByRole('button', { name: 'Take over' }).click();
  await dialog.getByText('Step 3 of 3').waitFor();
  await dialog.getByText(/^1 of \d keys were taken over\.$/).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await visitor.row('kuma-prometheus').waitFor();
  const { keys } = await server.api<{ keys: Array<{ name: string; owner: string; labels: object }> }>(
    'GET',
    '/v1/keys?label=team=sre'
  );
  expect(keys).toEqual([
    expect.objectContaining({ name: 'kuma-prometheus', owner: 'sre@example.com', labels: { team: 'sre' } }),
  ]);
  await expectSoon(async () => expect(await visitor.row('kuma-left-behind').count()).toBe(0));
  expect(await curlGate(server, `uk1_${KUMA}`, 'Basic')).toBe(200);
  expect(await curlGate(server, `uk2_${PYROSCOPE}`, 'Basic')).toBe(401);
  expect(await page.content()).not.toContain(KUMA_HASH);
});

test('from the palette: keys of Pyroscope, twice', async () => {
  const { page, dialog } = visitor;
  const file = database(
    'pyroscope.db',
    `CREATE TABLE api_keys (id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, role INTEGER NOT NULL,
       expires_at DATETIME, last_seen_at DATETIME, created_at DATETIME);
     INSERT INTO api_keys VALUES (1, 'profiles', '${PYROSCOPE_HASH}', 2, NULL, NULL, '2022-05-01 12:00:00');`
  );
  for (const outcome of ['1 of 1 keys can be taken over.', '0 of 1 keys can be taken over.']) {
    await page.keyboard.press('Control+k');
    await dialog.getByRole('combobox').fill('import');
    await page.keyboard.press('Enter');
    await dialog.getByText('Step 1 of 3').waitFor();
    await visitor.choose('Pyroscope');
    await dialog.locator('input[type=file]').setInputFiles(file);
    await dialog.getByRole('button', { name: 'Preview' }).click();
    await dialog.getByText(outcome).waitFor();
    if (outcome.startsWith('1')) {
      await dialog.getByRole('button', { name: 'Take over' }).click();
      await dialog.getByText('Step 3 of 3').waitFor();
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      await visitor.row('profiles').waitFor();
    } else {
      await expectSoon(async () =>
        expect(await dialog.getByRole('button', { name: 'Take over' }).isDisabled()).toBe(true)
      );
    }
  }
  // Its number, as one byte, and its secret.
  const token = `psx-${Buffer.concat([Buffer.from([1]), Buffer.from(PYROSCOPE)]).toString('base64url')}`;
  expect(await curlGate(server, token)).toBe(200);
});
