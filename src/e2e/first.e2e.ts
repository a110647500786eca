import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import type { KeyList } from '../api/types';
import { expectSoon, launchBrowser, PICTURES, runInShell, Visitor } from './browser';
import { startLoki, type Loki } from './loki';
import { startServer, type Server } from './server';

/*
 * The first ten minutes: somebody who has only the page, a Grafana and a Loki. What the page shows is pasted as it
 * stands, from an empty server to the first line of log that an agent's key pushed and a data source's key read.
 */

/** How long the server may take to write down what it saw, in milliseconds. */
const PATIENCE = 20_000;

let browser: Browser;
let server: Server;
let loki: Loki;
let folder: string;
let config: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-first-'));
  config = path.join(folder, 'ostiary.yaml');
  writeFileSync(config, '');
  // The pictures for the documents show the usual addresses.
  const usual = PICTURES ? ['--gate.listen', '127.0.0.1:7172'] : [];
  [browser, loki, server] = await Promise.all([
    launchBrowser(),
    startLoki(PICTURES ? 3100 : 0),
    startServer(['--config', config, ...usual]),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
  loki?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is in the form of Grafana’s data source, by the names of its fields. */
const fieldsOf = (form: string) =>
  Object.fromEntries(
    form
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
  );

test('from an empty server to a line of log that was pushed and read', async () => {
  const visitor = await Visitor.arrive(browser, server, { viewport: { width: 1120, height: 800 } });
  const { page, dialog } = visitor;
  await visitor.signIn();
  await visitor.open('Overview');
  const steps = page.getByRole('list', { name: 'First steps' });
  const next = steps.locator('[aria-current=step]');
  const done = () => steps.getByText('Done:').count();

  // No endpoint can be made here yet: the operator pastes what the page shows.
  await next.getByText(`Write this into ${config}`).waitFor();
  const lines = (await next.getByText('endpoints_in_store').textContent()) ?? '';
  expect(lines).toContain('"127.0.0.1:3100"');
  writeFileSync(config, lines.replace('127.0.0.1:3100', new URL(loki.url).host));
  await expectSoon(async () => expect(await next.getByText('pkill').textContent()).toBe('pkill -HUP -x ostiary'));
  expect(await visitor.axe()).toEqual([]);
  server.hangUp();

  // Nobody reloads the page: it goes on by itself.
  await next.getByRole('button', { name: 'Add endpoint' }).click({ timeout: PATIENCE });
  await dialog.getByRole('combobox', { name: 'Program behind it' }).click();
  await page.getByRole('option', { name: 'loki' }).click();
  const upstream = dialog.getByLabel('Passes requests on to');
  await expectSoon(async () => expect(await upstream.inputValue()).toBe(loki.url)); // the one place that is allowed
  await dialog.getByRole('button', { name: 'Check' }).click();
  await dialog.getByText('keeps tenants apart, and would be told none').waitFor();
  await dialog.getByRole('button', { name: 'Tell it by header' }).click();
  await dialog.getByRole('button', { name: 'Check' }).click();
  await dialog.getByText('The program behind it answers').waitFor();
  await visitor.picture('first-1-endpoint');
  expect(await visitor.axe()).toEqual([]);
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  await dialog.waitFor({ state: 'detached' });
  await steps.getByText(`loki to ${loki.url}`).waitFor();
  await expectSoon(async () => expect(await done()).toBe(1));

  // A key for Alloy, for the one endpoint, with what Alloy needs before the eyes.
  await next.getByRole('button', { name: 'Create key for Alloy' }).click();
  await expectSoon(async () => expect(await dialog.getByLabel('Name').inputValue()).toBe('alloy'));
  // Loki keeps tenants apart: a key without one would wait for ever.
  await dialog.getByText('loki refuses a key without one').waitFor(); // the gate’s endpoints are known
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await dialog.getByText('Name a tenant, such as team-a').waitFor();
  await page.locator('#key-tenants').fill('team-a');
  await page.keyboard.press('Enter');
  await dialog.getByText(/^May push to loki as team-a, from anywhere/).waitFor();
  await visitor.picture('first-2-key');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const pushing = await visitor.token();
  await expectSoon(async () => expect(await dialog.getByRole('tab', { selected: true }).textContent()).toBe('Alloy'));
  const snippet = (await dialog.locator('pre').textContent()) ?? '';
  const [, url] = /loki\.write[^}]*url\s*= "([^"]+)"/.exec(snippet) ?? [];
  const [, bearer] = /bearer_token = "([^"]+)"/.exec(snippet) ?? [];
  expect(bearer).toBe(pushing);
  await dialog.getByText('Save it as /etc/alloy/config.alloy', { exact: false }).waitFor();

  // An agent that was told another tenant is refused, and the page says why.
  const pushed = (line: string, ...more: string[]) =>
    runInShell(
      `curl -s -o /dev/null -w '%{http_code}' -A Alloy/1.9 -H 'Authorization: Bearer ${bearer}' ${more.join(' ')} -H 'Content-Type: application/json' -d '{"streams": [{"stream": {"job": "varlogs"}, "values": [["'$(date +%s)'000000000", "${line}"]]}]}' '${url}'`
    );
  expect(await pushed('lost', "-H 'X-Scope-OrgID: team-b'")).toBe('403');
  await dialog.getByText('A request with it was refused').waitFor({ timeout: PATIENCE });
  await dialog.getByText('Give the key its tenant, or have the client ask for one that the key has.').waitFor();

  // What Alloy sends with these settings, and the line that the page has for who has none at hand.
  expect(await pushed('a line from the agent')).toBe('204');
  await dialog.getByText(/Let in: .* At loki, as team-a, from 127\.0\.0\.1, by Alloy\/1\.9\./).waitFor({
    timeout: PATIENCE,
  });
  await visitor.picture('first-3-arrived');
  await dialog.getByRole('tab', { name: 'curl, a line of log' }).click();
  const line = (await dialog.locator('pre').textContent()) ?? '';
  expect(await runInShell(`${line} -s -o /dev/null -w '%{http_code}'`)).toBe('204');
  expect(await visitor.axe()).toEqual([]);
  await visitor.takeToken();
  await steps.getByText('was let in', { exact: false }).waitFor();
  await expectSoon(async () => expect(await done()).toBe(2));

  // Whoever reloads is where they were.
  await page.reload();
  await visitor.signIn();
  await visitor.open('Overview');
  await expectSoon(async () => expect(await done()).toBe(2), PATIENCE);

  // A key for Grafana, whose form is filled in with what is shown.
  await next.getByRole('button', { name: 'Create key for Grafana' }).click();
  await expectSoon(async () => expect(await dialog.getByLabel('Name').inputValue()).toBe('grafana'));
  await page.locator('#key-tenants').fill('team-a');
  await page.keyboard.press('Enter');
  await dialog.getByText(/^May read from loki as team-a, from anywhere/).waitFor();
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expectSoon(async () =>
    expect(await dialog.getByRole('tab', { selected: true }).textContent()).toBe('Grafana, by hand')
  );
  const form = fieldsOf((await dialog.locator('pre').textContent()) ?? '');
  const asGrafana = (at: string, query: string) =>
    runInShell(
      `curl -s -A Grafana/12.3.0 -H '${form['HTTP headers, Header']}: ${form['HTTP headers, Value']}' -G '${form.URL}${at}' --data-urlencode '${query}'`
    );
  // Save & test, what the query builder asks, and Explore.
  expect(await asGrafana('/loki/api/v1/query', 'query=vector(1)+vector(1)')).toContain('"resultType":"vector"');
  expect(await asGrafana('/loki/api/v1/labels', 'start=0')).toContain('"job"');
  const lines2 = await asGrafana('/loki/api/v1/query_range', 'query={job=~".+"}');
  expect(lines2).toContain('a line from the agent');
  expect(lines2).toContain('Hello from curl');
  expect(lines2).not.toContain('lost');
  await dialog.getByText(/Let in: .* by Grafana\/12\.3\.0\./).waitFor({ timeout: PATIENCE });
  await visitor.picture('first-4-grafana');
  // It is in use, so that nothing has to be copied.
  await visitor.button('Done').click();
  await dialog.waitFor({ state: 'detached' });

  // The end leads on.
  const further = page.getByRole('region', { name: 'What comes next' });
  await further.waitFor({ timeout: PATIENCE });
  await expectSoon(async () => expect(await done()).toBe(3));
  await visitor.picture('first-5-done');
  expect(await visitor.axe()).toEqual([]);
  await further.getByRole('button', { name: 'Limits for alloy' }).click();
  await dialog.getByLabel('Requests per second').fill('50');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await further.getByRole('button', { name: 'A second agent' }).click();
  await dialog.getByRole('button', { name: 'Alloy', pressed: true }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await visitor.button('Go to the numbers').click();
  await page.getByRole('slider', { name: 'Requests over time' }).waitFor();

  // They come back when they are asked for.
  await visitor.button('First steps').click();
  await expectSoon(async () => expect(await done()).toBe(3), PATIENCE);
  await visitor.button('Go to the numbers').click();
  await page.keyboard.press('Control+k');
  await dialog.getByRole('combobox').fill('first steps');
  await page.keyboard.press('Enter');
  await steps.waitFor();
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});

test('a token that was lost is replaced, and what is missing at the agent is seen', async () => {
  const { key } = await server.create({ name: 'unsent', role: 'Agent', endpoints: ['loki'], tenants: ['team-a'] });
  const { keys } = await server.api<KeyList>('GET', '/v1/keys?role=Agent&q=alloy');
  for (const { id } of keys) {
    await server.api('POST', `/v1/keys/${id}/revoke`, {});
  }
  const visitor = await Visitor.arrive(browser, server);
  const { page, dialog } = visitor;
  await visitor.signIn();
  await visitor.open('Overview');
  await visitor.button('First steps').click();
  const steps = page.getByRole('list', { name: 'First steps' });
  await steps.getByText(`Waiting for the first request with “${key.name}”…`).waitFor();
  await runInShell(`curl -s -X POST ${server.gate}/loki/api/v1/push`);
  await steps.getByText('Give the client a key, as a bearer token').waitFor({ timeout: PATIENCE });
  expect(await visitor.axe()).toEqual([]);

  await steps.getByRole('button', { name: 'What to paste' }).click();
  await expectSoon(async () => expect(await dialog.getByRole('tab', { selected: true }).textContent()).toBe('Alloy'));
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await steps.getByRole('button', { name: 'The token is lost: get a new one' }).click();
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await expectSoon(async () => expect(await dialog.getByRole('tab', { selected: true }).textContent()).toBe('Alloy'));
  await visitor.takeToken();
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});
