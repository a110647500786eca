import { readFileSync } from 'fs';
import type { Browser } from 'playwright-core';
import type { IssuedKey } from '../api/types';
import { curlGate, expectSoon, launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';

/* Tokens that come in numbers, and tokens that are pasted: what is left of them. */

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

test('a pool of more keys than one step takes is rotated, and the file holds tokens that work', async () => {
  const old: IssuedKey[] = [];
  for (let i = 0; i < 205; i++) {
    old.push(await server.create({ name: `edge-${String(i).padStart(3, '0')}`, pool: 'edge' }));
  }
  const visitor = await Visitor.arrive(browser, server);
  const { page, dialog } = visitor;
  await visitor.signIn();
  await visitor.open('Agent pools');
  await visitor.act('edge', 'Rotate all its keys');
  await visitor.choose('None');
  await visitor.button('Rotate 205 keys').click();
  await dialog.getByText('205 keys have a new token.').waitFor();
  await expectSoon(async () => expect(await page.getByTestId('token').count()).toBe(200));
  await dialog.getByText('and 5 more, in the copy and the file').waitFor();

  const [file] = await Promise.all([page.waitForEvent('download'), visitor.button('Download as CSV').click()]);
  expect(file.suggestedFilename()).toBe('edge-keys.csv');
  const [head, ...lines] = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\n');
  expect(head).toBe('name,id,token');
  expect(lines).toHaveLength(205);
  const [name, , token] = lines[204].split(',');
  expect(await curlGate(server, token)).toBe(200);
  const before = old.find(({ key }) => key.name === name)!;
  expect(await curlGate(server, before.token)).toBe(401);

  await visitor.button('Done').click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(token);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});

test('a token that is checked leads to its key, and stays nowhere', async () => {
  const { key, token } = await server.create({ name: 'checked', role: 'Viewer' });
  const visitor = await Visitor.arrive(browser, server);
  const { page, dialog } = visitor;
  await visitor.signIn();
  await visitor.button('Check a token').click();
  await dialog.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await dialog.getByText('It would be let in: “checked”, Viewer.').waitFor();

  await server.api('PATCH', `/v1/keys/${key.id}`, { enabled: false });
  await visitor.button('Check').click();
  await dialog.getByText('Its key is disabled. Enable it.').waitFor();

  await server.api('PATCH', `/v1/keys/${key.id}`, { enabled: true });
  await visitor.button('Check').click();
  await dialog.getByRole('link', { name: 'Show the key' }).click();
  await page.getByRole('heading', { level: 1, name: 'checked' }).waitFor();
  expect(page.url()).toContain(`/keys/${key.id}`);
  expect(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))).not.toContain(token);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});
