import type { Browser } from 'playwright-core';
import type { IssuedKey } from '../api/types';
import { curlGate, expectSoon, launchBrowser, runInShell, Visitor } from './browser';
import { startGrafana } from './grafana';
import { startServer, type Server } from './server';

/*
 * What an administrator does with keys, in the console of the real server, and in the plugin's own pages in front of
 * the plugin's real executable.
 */
describe.each([
  ['the console', startServer],
  ['Grafana', startGrafana],
] as const)('in %s', (_, start) => {
  let browser: Browser;
  let server: Server;
  let visitor: Visitor;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), start()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });
  beforeEach(async () => {
    visitor = await Visitor.arrive(browser, server);
    await visitor.signIn();
  });
  afterEach(async () => {
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  });

  test('a key is made, its token is seen once, and opens the gate', async () => {
    const { page, dialog } = visitor;
    await visitor.button('Create your first key').click();
    await dialog.getByLabel('Name').fill('edge-agents');
    await dialog.getByLabel('Description').fill('Grafana Alloy at the edge');
    await dialog.getByLabel('Pool').fill('edge');
    await visitor.button('Create key').click();

    const token = await visitor.token();
    expect(token).toMatch(/^ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    await expectSoon(async () => expect(await dialog.getByText('It is shown only now').isVisible()).toBe(true));
    for (const [tab, holds] of [
      ['curl, Bearer', `Authorization: Bearer ${token}`],
      ['curl, Basic', `api_key:${token}`],
      ['Environment', `OSTIARY_API_KEY='${token}'`],
    ]) {
      await dialog.getByRole('tab', { name: tab }).click();
      await expectSoon(async () => expect(await dialog.locator('pre').textContent()).toContain(holds));
    }

    // What the dialog offers for the command line works when it is pasted.
    for (const tab of ['curl, Bearer', 'curl, Basic']) {
      await dialog.getByRole('tab', { name: tab }).click();
      expect(await runInShell(`${await dialog.locator('pre').textContent()} -s -o /dev/null -w '%{http_code}'`)).toBe(
        '200'
      );
    }

    // Closing asks once while nothing is copied.
    await visitor.button('Done').click();
    await expectSoon(async () => expect(await dialog.getByText('Nothing was copied yet').isVisible()).toBe(true));
    await visitor.button('Keep it open').click();
    expect(await visitor.takeToken()).toBe(token);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);

    expect(await page.content()).not.toContain(token);
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(
      'ost_'
    );
    const row = visitor.row('edge-agents');
    await expectSoon(async () => expect(await row.textContent()).toMatch(/Agent.*edge.*Active.*in 3 months.*by/));

    expect(await curlGate(server, token)).toBe(200);
    expect(await curlGate(server, token, 'Basic')).toBe(200);
  });

  test('the dialog closes without a copy only when asked twice', async () => {
    await visitor.button('Create key').click();
    await visitor.dialog.getByLabel('Name').fill('not-copied');
    await visitor.dialog.getByRole('button', { name: 'Create key' }).click();
    await visitor.token();
    await visitor.page.keyboard.press('Escape');
    await visitor.button('Close without copying').click();
    await visitor.dialog.waitFor({ state: 'detached' });
    await expectSoon(async () => expect(await visitor.row('not-copied').count()).toBe(1));
  });

  test('errors of the server land on the field that caused them, and nothing typed is lost', async () => {
    await server.create({ name: 'taken' });
    const { dialog } = visitor;
    await visitor.button('Create key').click();
    const submit = dialog.getByRole('button', { name: 'Create key' });

    await submit.click();
    await expectSoon(async () => expect(await dialog.getByText('Give the key a name.').isVisible()).toBe(true));

    await dialog.getByLabel('Name').fill('taken');
    await dialog.getByLabel('Allowed addresses').fill('10.0.0.0/8, ::ffff:10.0.0.0/90');
    await submit.click();
    const addresses = dialog.getByLabel('Allowed addresses');
    await dialog.getByText('"::ffff:10.0.0.0/90" mixes IPv4 and IPv6').waitFor();
    await expectSoon(async () => {
      expect(await addresses.getAttribute('aria-invalid')).toBe('true');
      expect(await addresses.inputValue()).toBe('10.0.0.0/8, ::ffff:10.0.0.0/90');
    });

    await addresses.fill('10.0.0.0/8');
    await submit.click();
    const name = dialog.getByLabel('Name');
    await expectSoon(async () => expect(await name.getAttribute('aria-invalid')).toBe('true'));
    await expectSoon(async () => expect(await dialog.getByRole('alert').first().textContent()).toContain('taken'));

    await name.fill('not-taken');
    await visitor.choose('Seconds');
    await dialog.getByLabel('Number of seconds').fill('3600');
    await submit.click();
    await visitor.takeToken();
    await expectSoon(async () => expect(await visitor.row('not-taken').textContent()).toContain('in 1 hour'));
  });

  test('disabling and enabling take effect at once', async () => {
    const { token } = await server.create({ name: 'switched' });
    await visitor.button('Read the list again').click();

    await visitor.act('switched', 'Disable');
    await visitor.row('switched').getByText('Disabled').waitFor();
    expect(await curlGate(server, token)).toBe(401);

    await visitor.act('switched', 'Enable');
    await visitor.row('switched').getByText('Active').waitFor();
    expect(await curlGate(server, token)).toBe(200);
  });

  test('rotating gives a new token, and the old one works for the overlap', async () => {
    const { token: old } = await server.create({ name: 'rotated' });
    await visitor.button('Read the list again').click();
    await visitor.act('rotated', 'Rotate');
    await visitor.choose('1 hour');
    await visitor.button('Rotate key').click();
    const fresh = await visitor.takeToken();
    expect(fresh).not.toBe(old);
    expect(await curlGate(server, fresh)).toBe(200);
    expect(await curlGate(server, old)).toBe(200);

    await visitor.act('rotated', 'Rotate');
    await visitor.choose('None');
    await visitor.button('Rotate key').click();
    const last = await visitor.takeToken();
    expect(await curlGate(server, last)).toBe(200);
    expect(await curlGate(server, fresh)).toBe(401);
  });

  test('one token of a key ends alone, and the others go on', async () => {
    const { key, token: old } = await server.create({ name: 'two-tokens' });
    const { token: fresh } = await server.api<IssuedKey>('POST', `/v1/keys/${key.id}/rotate`, { overlap: '7d' });
    await visitor.button('Read the list again').click();
    await visitor.page.getByRole('link', { name: 'two-tokens', exact: true }).click();
    const tokens = visitor.page.getByRole('table', { name: 'Tokens' });
    await tokens.getByText('in 7 days').waitFor();
    await expectSoon(async () => expect(await tokens.getByRole('row').count()).toBe(3));
    await tokens.getByRole('button', { name: `End the token ${key.hint} now` }).click();
    await expectSoon(async () =>
      expect(await visitor.dialog.textContent()).toContain('The other tokens of this key go on working')
    );
    expect(await visitor.axe()).toEqual([]);
    await visitor.button('End token').click();
    await tokens.getByText('Revoked').waitFor();
    expect(await curlGate(server, old)).toBe(401);
    expect(await curlGate(server, fresh)).toBe(200);
    // The last one ends with its key alone.
    await expectSoon(async () => expect(await tokens.getByRole('button').count()).toBe(0));
    await visitor.page.getByRole('cell', { name: 'Token ended' }).waitFor();
  });

  test('a search takes words in any order, and what a key must be', async () => {
    await server.create({ name: 'Zoë’s presses', pool: 'hall-7', endpoints: ['pyroscope'] });
    await server.create({ name: 'presses of Ada', pool: 'hall-7', role: 'Viewer' });
    const search = visitor.page.getByLabel('Search keys');
    const finds = async (text: string, ...names: string[]) => {
      await search.fill(text);
      await expectSoon(async () =>
        expect(await visitor.page.locator('tbody tr td:nth-child(2) a').allTextContents()).toEqual(names)
      );
    };
    await finds('presses', 'presses of Ada', 'Zoë’s presses');
    await finds('presses zoe', 'Zoë’s presses');
    await finds('hall-7 ADA', 'presses of Ada');
    await finds('pyroscope presses', 'Zoë’s presses');
    await finds('pool:hall-7 role:viewer', 'presses of Ada');
    await finds('pool:hall-7 role:agent state:active', 'Zoë’s presses');
    await search.fill('presses nowhere');
    await visitor.page.getByText('No key matches').waitFor();
  });

  test('revoking a key ends the tokens from before its rotation too', async () => {
    const { token: old } = await server.create({ name: 'twice' });
    await visitor.button('Read the list again').click();
    await visitor.act('twice', 'Rotate');
    await visitor.choose('1 hour');
    await visitor.button('Rotate key').click();
    const fresh = await visitor.takeToken();
    expect(await curlGate(server, old)).toBe(200);

    await visitor.act('twice', 'Revoke');
    await visitor.dialog.getByRole('textbox').fill('twice');
    await visitor.button('Revoke key').click();
    await visitor.row('twice').getByText('Revoked').waitFor();
    expect(await curlGate(server, fresh)).toBe(401);
    expect(await curlGate(server, old)).toBe(401);
  });

  test('revoking and deleting take the typed name', async () => {
    const { token } = await server.create({ name: 'ending' });
    expect(await curlGate(server, token)).toBe(200);
    await visitor.button('Read the list again').click();

    await visitor.act('ending', 'Revoke');
    const revoke = visitor.button('Revoke key');
    await expectSoon(async () => {
      expect(await visitor.dialog.textContent()).toContain('This cannot be undone');
      expect(await revoke.isDisabled()).toBe(true);
    });
    await visitor.dialog.getByRole('textbox').fill('endin');
    await expectSoon(async () => expect(await revoke.isDisabled()).toBe(true));
    await visitor.dialog.getByRole('textbox').fill('ending');
    await revoke.click();
    await visitor.row('ending').getByText('Revoked').waitFor();
    expect(await curlGate(server, token)).toBe(401);

    await visitor.act('ending', 'Delete');
    await visitor.dialog.getByRole('textbox').fill('ending');
    await visitor.button('Delete key').click();
    await expectSoon(async () => expect(await visitor.row('ending').count()).toBe(0));
  });

  test('the details show what is known, can be edited, and tell what was done', async () => {
    const { key } = await server.create({ name: 'detailed', endpoints: ['pyroscope'], allowedCidrs: ['10.0.0.0/8'] });
    await visitor.button('Read the list again').click();
    await visitor.page.getByRole('link', { name: 'detailed', exact: true }).click();
    await visitor.page.getByRole('heading', { level: 1, name: 'detailed' }).waitFor();
    expect(new URL(visitor.page.url()).pathname).toBe(`${server.home}keys/${key.id}`);
    await expectSoon(async () =>
      expect(await visitor.page.locator('dl').textContent()).toMatch(/pyroscope.*10\.0\.0\.0\/8/)
    );

    await visitor.button('Edit').click();
    await visitor.dialog.getByLabel('Name').fill('detailed-2');
    await visitor.dialog.getByLabel('Allowed addresses').fill('');
    await visitor.button('Save').click();
    await visitor.page.getByRole('heading', { level: 1, name: 'detailed-2' }).waitFor();
    await visitor.page.getByRole('cell', { name: 'Changed' }).waitFor();

    await visitor.open('Audit trail');
    await visitor.page.getByRole('row').filter({ hasText: 'detailed-2' }).first().waitFor();
  });

  test('the details tell how much a key was used, by day', async () => {
    const { page } = visitor;
    const { token } = await server.create({ name: 'charted' });
    await visitor.button('Read the list again').click();
    await page.getByRole('link', { name: 'charted', exact: true }).click();
    await page.getByText('Not used in the last 30 days').waitFor();

    for (let n = 0; n < 3; n++) {
      expect(await curlGate(server, token)).toBe(200);
    }
    const chart = page.getByRole('img', { name: /^3 requests in the last 30 days\. The most were \d, on/ });
    await expectSoon(async () => {
      await visitor.open('API keys'); // use is written down a moment later
      await page.getByRole('link', { name: 'charted', exact: true }).click();
      await page.getByText('Last 30 days').waitFor();
      await chart.waitFor({ timeout: 1000 });
    }, 15_000);
    const days = chart.locator(':scope > *');
    await expectSoon(async () => expect(await days.count()).toBe(30));
    const today = (await days.last().boundingBox())!;
    await page.mouse.move(today.x + today.width / 2, today.y + 5);
    await page
      .getByRole('tooltip')
      .getByText(/\d{4}: \d requests?$/)
      .waitFor();
    expect(await visitor.axe()).toEqual([]);
  });

  test('several keys are changed at once, and what failed is named', async () => {
    await Promise.all(['bulk-1', 'bulk-2', 'bulk-3'].map((name) => server.create({ name })));
    await visitor.button('Read the list again').click();
    for (const name of ['bulk-1', 'bulk-2', 'bulk-3']) {
      await visitor.row(name).locator('label').click();
    }
    await visitor.page.getByText('3 keys selected').waitFor();
    await visitor.button('Disable').click();
    await visitor.dialog.getByRole('button', { name: 'Disable' }).click();
    await visitor.dialog.getByText('3 of 3 keys changed.').waitFor();
    await visitor.dialog.getByRole('button', { name: 'Close' }).last().click();
    await visitor.row('bulk-2').getByText('Disabled').waitFor();

    // One of them is gone by the time that it is deleted here.
    const { key: gone } = await server.create({ name: 'bulk-gone' });
    await visitor.button('Read the list again').click();
    for (const name of ['bulk-1', 'bulk-2', 'bulk-gone']) {
      await visitor.row(name).locator('label').click();
    }
    await visitor.button('Delete').click();
    await server.api('DELETE', `/v1/keys/${gone.id}`);
    await visitor.dialog.getByRole('textbox').fill('3');
    await visitor.dialog.getByRole('button', { name: 'Delete' }).click();
    await visitor.dialog.getByText('2 of 3 keys changed.').waitFor();
    await expectSoon(async () => expect(await visitor.dialog.getByRole('alert').textContent()).toContain('bulk-gone'));
    await visitor.dialog.getByRole('button', { name: 'Close' }).last().click();
    await visitor.page.getByText('1 key selected').waitFor();
    await expectSoon(async () => expect(await visitor.row('bulk-1').count()).toBe(0));
  });

  test('a pool is made with a key, and ended with its keys', async () => {
    const { page, dialog } = visitor;
    await visitor.open('Agent pools');
    await visitor.button('Create pool').first().click();
    await dialog.getByLabel('Name').fill('plant-7');
    await dialog.getByLabel('Description').fill('The presses');
    await dialog.getByRole('button', { name: 'Create pool' }).click();
    await visitor.row('plant-7').getByText('The presses').waitFor();

    const tokens: string[] = [];
    for (const name of ['press-1', 'press-2']) {
      await visitor.open('API keys');
      await visitor.button('Create key').click();
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByLabel('Pool').click();
      await page.getByRole('option', { name: /^plant-7/ }).click();
      await dialog.getByRole('button', { name: 'Create key' }).click();
      tokens.push(await visitor.takeToken());
    }
    expect(await curlGate(server, tokens[0])).toBe(200);

    await visitor.open('Agent pools');
    await expectSoon(async () =>
      expect(await visitor.row('plant-7').getByRole('cell').allTextContents()).toEqual(
        expect.arrayContaining(['2', '0', '0', '0'])
      )
    );
    await visitor.act('plant-7', 'Show its keys');
    await page.getByRole('status').filter({ hasText: '1–2 of 2' }).waitFor();
    expect(await page.getByLabel('Search keys').inputValue()).toBe('pool:plant-7');

    await visitor.open('Agent pools');
    await visitor.act('plant-7', 'Remove');
    await dialog.getByText('2 of its keys can be used now').waitFor();
    await dialog.getByRole('textbox').fill('plant-7');
    await visitor.button('Revoke its keys and remove it').click();
    await visitor.dialog.waitFor({ state: 'detached' }); // while it is open, nothing else can be found
    await expectSoon(async () => expect(await visitor.row('plant-7').count()).toBe(0));
    expect(await Promise.all(tokens.map((token) => curlGate(server, token)))).toEqual([401, 401]);
    await visitor.open('Audit trail');
    await page.getByRole('cell', { name: 'Pool removed' }).waitFor();
  });

  test('times are told by the server’s clock, where the browser’s is days off', async () => {
    await server.create({ name: 'by-the-servers-clock', expiresIn: '10d' });
    await visitor.page.clock.setSystemTime(Date.now() + 40 * 24 * 3_600_000);
    await visitor.open('Overview');
    await visitor.open('API keys');
    const row = visitor.row('by-the-servers-clock');
    await row.getByText('in 10 days').waitFor();
    await row.getByText('just now').waitFor();
  });
});
