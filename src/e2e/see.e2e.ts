import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createServer, type Server as HttpServer } from 'http';
import type { AddressInfo } from 'net';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import type { EndpointList, Key, Policy } from '../api/types';
import { expectSoon, launchBrowser, runInShell, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * From nothing to the first request, and what is seen of those that come after it: a real server, a real browser, a
 * real program behind the gate, and curl.
 */

/** How long the server may take to write down what it saw, in milliseconds. */
const PATIENCE = 15_000;

let browser: Browser;
let server: Server;
let upstream: HttpServer;
let upstreamUrl: string;
let folder: string;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    response.end(`${request.method} ${request.url}\n`);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-see-'));
  const config = path.join(folder, 'ostiary.yaml');
  writeFileSync(config, 'gate:\n  endpoints_in_store: true\n  upstreams: ["127.0.0.1"]\n');
  [browser, server] = await Promise.all([launchBrowser(), startServer(['--config', config])]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
  upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the console's first page, does something, and looks for complaints. */
async function visit(act: (visitor: Visitor) => Promise<void>): Promise<void> {
  const visitor = await Visitor.arrive(browser, server);
  await visitor.signIn();
  await visitor.open('Overview');
  await act(visitor);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}

/** The status of the gate's answer to a request with a token. */
const ask = async (token: string, at: string, ...options: string[]): Promise<number> =>
  Number(
    await runInShell(
      `curl -s -o /dev/null -w '%{http_code}' ${options.join(' ')} -H 'Authorization: Bearer ${token}' ${server.gate}${at}`
    )
  );

test('an endpoint is made within what the operator allows, and the first steps can be skipped', () =>
  visit(async (visitor) => {
    const { page, dialog } = visitor;
    const steps = page.getByRole('list', { name: 'First steps' });
    await visitor.button('Add endpoint').click();
    await dialog.getByRole('combobox', { name: 'Program behind it' }).click();
    await page.getByRole('option', { name: 'loki' }).click();
    await dialog.getByLabel('Passes requests on to').fill('http://192.0.2.1:3100');
    await dialog.getByRole('button', { name: 'Check' }).click();
    // What may stand behind the gate is the operator's word alone.
    await expectSoon(async () => {
      expect(await dialog.getByLabel('Passes requests on to').getAttribute('aria-invalid')).toBe('true');
    }, PATIENCE);
    await dialog.getByLabel('Passes requests on to').fill(upstreamUrl);
    await dialog.getByRole('button', { name: 'Check' }).click();
    await dialog.getByText('The program behind it answers, with status 200').waitFor();
    expect(await visitor.axe()).toEqual([]);
    await dialog.getByRole('button', { name: 'Add endpoint' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expectSoon(async () => expect(await steps.getByText('Done:').count()).toBe(1), PATIENCE);
    await visitor.button('Skip the first steps').click();
    await page.getByRole('slider', { name: 'Requests over time' }).waitFor();
    expect(await visitor.axe()).toEqual([]);
    await visitor.open('Endpoints');
    await page.getByText('made here').waitFor();
  }));

test('the numbers are those of the gate, and lead to what they count', async () => {
  const { token } = await server.create({ name: 'busy', role: 'Viewer', endpoints: ['loki'] });
  for (let i = 0; i < 5; i++) {
    expect(await ask(token, '/loki/api/v1/query?query=x')).toBe(200);
  }
  expect(await ask(token, '/loki/api/v1/push', '-X POST')).toBe(403);
  await visit(async ({ page }) => {
    const endpoints = page.getByRole('list', { name: 'Endpoints' });
    const refused = endpoints.getByRole('link', { name: '1 refused' });
    await expectSoon(async () => {
      await page.getByRole('link', { name: 'API keys' }).first().click();
      await page.getByRole('link', { name: 'Overview' }).click();
      await endpoints.getByRole('listitem').first().waitFor(); // which takes a while where much else is going on
      await refused.waitFor({ timeout: 2000 });
    }, PATIENCE);
    await expectSoon(async () =>
      expect(await endpoints.getByRole('listitem').filter({ hasText: 'loki' }).textContent()).toContain('5')
    );
    // By keyboard too: the chart says the numbers of the hour.
    const chart = page.getByRole('slider', { name: 'Requests over time' });
    await chart.focus();
    await page.keyboard.press('End');
    await expectSoon(async () => expect(await chart.getAttribute('aria-valuetext')).toMatch(/ let in, \d+ refused$/));
    await refused.click();
    await page.getByRole('heading', { level: 1, name: 'Refused' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'POST /loki/api/v1/push' }).waitFor();
  });
});

test('a refusal appears as it happens, and the way out is one click away', async () => {
  const { token } = await server.create({ name: 'from-office', role: 'Viewer', allowedCidrs: ['10.0.0.0/8'] });
  await visit(async (visitor) => {
    const { page, dialog } = visitor;
    await visitor.open('Refused');
    await page.getByText('New ones appear as they happen').waitFor();
    expect(await ask(token, '/loki/api/v1/labels', "-A 'office/1.0'")).toBe(403);
    const row = page.getByRole('row').filter({ hasText: 'from-office' });
    await row.waitFor({ timeout: PATIENCE });
    await row.getByText('office/1.0').waitFor();
    expect(await visitor.axe()).toEqual([]);
    await row.getByRole('button', { name: 'Allow this address' }).click();
    await dialog.getByText('10.0.0.0/8, 127.0.0.1').waitFor();
    expect(await visitor.axe()).toEqual([]);
    await dialog.getByRole('button', { name: 'Allow this address' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await ask(token, '/loki/api/v1/labels')).toBe(200);

    // Whoever shows a 401 is answered by one search, and the secret stays where it was typed.
    await page.getByLabel('Search refused requests').fill(token);
    await page.getByRole('row').filter({ hasText: 'from-office' }).waitFor();
    await expectSoon(async () => expect(page.url()).toContain(`q=${token.split('_')[1]}`));
    await page.getByRole('row').filter({ hasText: 'from-office' }).waitFor();
    expect(page.url()).not.toContain(token.split('_')[2].slice(0, 8));
  });
});

test('who uses a key, who still sends the old token, and whom a minute without it hits', async () => {
  const { key, token } = await server.create({ name: 'rotated', role: 'Viewer' });
  expect(await ask(token, '/loki/api/v1/labels', "-A 'old/1.0'")).toBe(200);
  const { token: next } = await server.api<{ token: string }>('POST', `/v1/keys/${key.id}/rotate`, { overlap: '1h' });
  expect(await ask(next, '/loki/api/v1/labels', "-A 'new/2.0'")).toBe(200);
  expect(await ask(token, '/loki/api/v1/labels', "-A 'old/1.0'")).toBe(200);
  await visit(async (visitor) => {
    const { page } = visitor;
    await visitor.open('API keys');
    await page.getByRole('link', { name: 'rotated', exact: true }).click();
    const warning = page.getByRole('alert').filter({ hasText: 'is still sent' });
    await expectSoon(async () => {
      if (!(await warning.isVisible())) {
        await page.goBack();
        await page.getByRole('link', { name: 'rotated', exact: true }).click();
        await warning.waitFor({ timeout: 2000 });
      }
      expect(await warning.textContent()).toContain('old/1.0');
    }, PATIENCE);
    await expectSoon(async () => expect(await warning.textContent()).not.toContain('new/2.0'));
    await page.getByRole('table', { name: 'Who uses it' }).getByText('new/2.0').waitFor();
    expect(await visitor.axe()).toEqual([]);

    await visitor.button('Disable for 1 minute').click();
    await page.getByText('Nobody was refused yet. Who is appears here at once.').waitFor();
    expect(await ask(next, '/loki/api/v1/labels', "-A 'new/2.0'")).toBe(401);
    await page.getByText(/Refused meanwhile: 1, from 127\.0\.0\.1 \(new\/2\.0\)\./).waitFor({ timeout: PATIENCE });
    await visitor.button('Enable').first().click();
    await page.getByText(/^It was switched off until/).waitFor();
    expect(await ask(next, '/loki/api/v1/labels')).toBe(200);
  });
});

test('a change to an endpoint says whom it would refuse; it is made, and removed', () =>
  visit(async (visitor) => {
    const { page, dialog } = visitor;
    await visitor.open('Endpoints');
    await visitor.act('loki', 'Change');
    await dialog.getByLabel('Pool').fill('nobody-is-in-it');
    await page.keyboard.press('Tab');
    await dialog.getByRole('button', { name: 'Check' }).click();
    await dialog.getByText(/would be refused$/).waitFor();
    await expectSoon(async () =>
      expect(await dialog.getByRole('listitem').filter({ hasText: 'busy' }).count()).toBe(1)
    );
    expect(await visitor.axe()).toEqual([]);
    await dialog.getByLabel('Pool').fill('');
    await page.keyboard.press('Tab');
    await dialog.getByText('Limits, further paths, other ways to send a key').click();
    await dialog.getByLabel('Requests per second').fill('500');
    await dialog.getByRole('button', { name: 'Check' }).click();
    await dialog.getByRole('button', { name: 'Save changes' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Requests per second: 500').waitFor();
    const { endpoints } = await server.api<EndpointList>('GET', '/v1/endpoints');
    expect(endpoints[0].limitPerKey.requestsPerSecond).toBe(500);

    await visitor.act('loki', 'Remove');
    await dialog.getByRole('button', { name: 'Remove endpoint' }).click();
    await page.getByText('The gate has no endpoints yet').waitFor();
    expect(await visitor.axe()).toEqual([]);
    await visitor.open('Audit trail');
    for (const what of ['Endpoint made', 'Endpoint changed', 'Endpoint removed']) {
      await page.getByRole('cell', { name: what }).first().waitFor();
    }
    const saved = page.waitForEvent('download');
    await visitor.button('Export').click();
    await page.getByRole('menuitem', { name: 'As CSV' }).click();
    const file = await (await saved).path();
    expect(await runInShell(`cut -d, -f5 ${file}`)).toContain('deleteEndpoint');
  }));

test('the policy is changed here, and holds for the next key; no notice goes anywhere', () =>
  visit(async (visitor) => {
    const { page } = visitor;
    await visitor.open('Settings');
    await page.getByLabel('Longest lifetime').fill('180d');
    await visitor.button('Save policy').click();
    await page.getByText('Saved.').waitFor();
    expect((await server.api<Policy>('GET', '/v1/policy')).maxTtl).toBe(180 * 86400);
    await expect(server.create({ name: 'too-long', expiresIn: '365d' })).rejects.toThrow('expiresIn');
    await visitor.button('Send a test').click();
    await page.getByText('No test was sent').waitFor();
    expect(await visitor.axe()).toEqual([]);
    const { keys } = await server.api<{ keys: Key[] }>('GET', '/v1/keys?q=too-long');
    expect(keys).toEqual([]);
  }));
