import { readFileSync } from 'fs';
import type { Browser, Download } from 'playwright-core';
import type { Key, KeyList } from '../api/types';
import { curlGate, expectSoon, launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * What is done to all keys that match at once, and taken out as a file: more than a page of them, with failures in the
 * middle.
 */

/** How many keys there are besides the Admin's: more than the server gives at once. */
const KEYS = 620;
/** How long the browser and the server may take for all of them, in milliseconds. */
const PATIENCE = 120_000;

let browser: Browser;
let server: Server;
let visitor: Visitor;

const nameOf = (i: number) => `many-${String(i).padStart(4, '0')}`;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  const left = Array.from({ length: KEYS }, (_, i) => i);
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let i = left.pop(); i !== undefined; i = left.pop()) {
        await server.create({ name: nameOf(i), owner: 'ada@example.com', description: i === 1 ? '=1+1' : '' });
      }
    })
  );
}, PATIENCE);
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

/** All keys, as the server has them now. */
async function allKeys(): Promise<Key[]> {
  const keys: Key[] = [];
  for (let cursor: string | undefined; cursor !== '';) {
    const page: KeyList = await server.api('GET', `/v1/keys?q=many&limit=500${cursor ? `&cursor=${cursor}` : ''}`);
    keys.push(...page.keys);
    cursor = page.nextCursor;
  }
  return keys;
}

/** Selects all keys that match, also on other pages, and begins something with them. */
async function begin(action: string): Promise<void> {
  const { page } = visitor;
  await page.getByLabel('Search keys').fill('many');
  await page
    .getByRole('status')
    .filter({ hasText: `of ${KEYS}` })
    .waitFor({ timeout: PATIENCE });
  await page.locator('thead label').click();
  await visitor.button(`Select all ${KEYS}`).click();
  await page.getByText(`All ${KEYS} keys that match are selected`).waitFor();
  if (['Rotate', 'Revoke', 'Delete'].includes(action)) {
    await visitor.button(action).click();
  } else {
    await visitor.button('More').click();
    await page.getByRole('menuitem', { name: action, exact: true }).click();
  }
}

/** What the file holds that a click makes the browser save. */
async function saved(act: () => Promise<void>): Promise<{ download: Download; text: string }> {
  const waiting = visitor.page.waitForEvent('download', { timeout: PATIENCE });
  await act();
  const download = await waiting;
  return { download, text: readFileSync(await download.path(), 'utf8') };
}

const exportAs = (format: string) =>
  saved(async () => {
    await visitor.button('Export, import').click();
    await visitor.page.getByRole('menuitem', { name: format }).click();
  });

test(
  'an owner is set on all that match; what failed is named, and the rest is taken back',
  async () => {
    const { page, dialog } = visitor;
    const [refused, gone] = (await allKeys()).filter(({ name }) => [nameOf(300), nameOf(301)].includes(name));
    // One fails for a reason of the server's, one because somebody deleted it meanwhile.
    await page.route(`**/v1/keys/${refused.id}`, (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 500, json: { status: 500, title: 'Internal', code: 'internal', detail: 'Broken.' } })
        : route.continue()
    );
    await begin('Set the owner');
    await dialog.getByLabel('Owner').fill('grace@example.com');
    await server.api('DELETE', `/v1/keys/${gone.id}`);
    await dialog.getByRole('button', { name: 'Set', exact: true }).click();
    await dialog.getByRole('progressbar').waitFor();
    await dialog.getByText(`${KEYS - 2} of ${KEYS} keys changed.`).waitFor({ timeout: PATIENCE });
    const failures = await dialog.getByRole('alert').textContent();
    expect(failures).toContain('Not changed: 2');
    expect(failures).toContain(`${refused.name}: Broken.`);
    expect(failures).toContain(gone.name);
    const after = await allKeys();
    expect(after.filter(({ owner }) => owner !== 'grace@example.com').map(({ name }) => name)).toEqual([refused.name]);

    await dialog.getByRole('button', { name: 'Undo' }).click();
    await expectSoon(async () => {
      expect((await allKeys()).filter(({ owner }) => owner !== 'ada@example.com')).toEqual([]);
    }, PATIENCE);
    await dialog.getByText(`Taken back for ${KEYS - 2} of ${KEYS - 2} keys.`).waitFor({ timeout: PATIENCE });
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    // What failed stays selected, to be tried again.
    await server.create({ name: gone.name, owner: 'ada@example.com' });
  },
  2 * PATIENCE
);

test(
  'a change of all that match stops when it is told to, and says how far it came',
  async () => {
    const { dialog } = visitor;
    await begin('Add a label');
    await dialog.getByLabel('Label, as name=value').fill('team=press');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText(/^\d+ of 620 keys done…$/).waitFor();
    await dialog.getByRole('button', { name: 'Stop' }).click();
    const said = await dialog.getByText(/^\d+ of 620 keys changed\.$/).textContent();
    const changed = (await allKeys()).filter(({ labels }) => labels.team === 'press').length;
    expect(Number(/\d+/.exec(said ?? '')?.[0])).toBe(changed);
    expect(changed).toBeLessThan(KEYS);
    await dialog.getByRole('button', { name: 'Undo' }).click();
    await expectSoon(async () => {
      expect((await allKeys()).filter(({ labels }) => labels.team)).toEqual([]);
    }, PATIENCE);
  },
  2 * PATIENCE
);

/** What a change does to a key, as the server has it then. */
const CHANGES: Array<[string, () => Promise<void>, string, (key: Key) => unknown, unknown]> = [
  ['Move to a pool', () => visitor.dialog.getByLabel('Pool').fill('press'), 'Move', ({ pool }) => pool, 'press'],
  ['Extend', () => visitor.choose('Never'), 'Extend', ({ expiresAt }) => expiresAt, null],
];

test.each(CHANGES)(
  '%s: all that match but one that fails, and back as each was',
  async (action, fill, button, value, expected) => {
    const { page, dialog } = visitor;
    const before = new Map((await allKeys()).map((key) => [key.id, value(key)]));
    const [refused] = (await allKeys()).filter(({ name }) => name === nameOf(310));
    await page.route(`**/v1/keys/${refused.id}`, (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 500, json: { status: 500, title: 'Internal', code: 'internal', detail: 'Broken.' } })
        : route.continue()
    );
    await begin(action);
    await fill();
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.getByText(`${KEYS - 1} of ${KEYS} keys changed.`).waitFor({ timeout: PATIENCE });
    await dialog.getByText(`${refused.name}: Broken.`).waitFor();
    const others = (await allKeys()).filter((key) => value(key) !== expected);
    expect(others.map(({ name }) => name)).toEqual([refused.name]);

    await dialog.getByRole('button', { name: 'Undo' }).click();
    await dialog.getByText(`Taken back for ${KEYS - 1} of ${KEYS - 1} keys.`).waitFor({ timeout: PATIENCE });
    for (const key of await allKeys()) {
      expect([key.name, value(key)]).toEqual([key.name, before.get(key.id)]);
    }
  },
  2 * PATIENCE
);

test(
  'Rotate: all that match but what fails, whose tokens are shown once and in a file, and work',
  async () => {
    const { page, dialog } = visitor;
    const all = await allKeys();
    const [broken, gone] = all.filter(({ name }) => [nameOf(320), nameOf(321)].includes(name));
    await page.route(`**/v1/keys/${broken.id}/rotate`, (route) =>
      route.fulfill({ status: 500, json: { status: 500, title: 'Internal', code: 'internal', detail: 'Broken.' } })
    );
    await begin('Rotate');
    await visitor.choose('None');
    await server.api('DELETE', `/v1/keys/${gone.id}`);
    await dialog.getByRole('button', { name: `Rotate ${KEYS} keys` }).click();
    await dialog.getByRole('progressbar').waitFor();
    await dialog.getByText(`${KEYS - 2} keys have a new token.`).waitFor({ timeout: PATIENCE });
    await expectSoon(async () => {
      const failures = await dialog.getByRole('alert').textContent();
      expect(failures).toContain('Not changed: 2');
      expect(failures).toContain(`${broken.name}: Broken.`);
      expect(failures).toContain(gone.name);
    });
    expect(await visitor.axe()).toEqual([]);

    // They are shown only now: closing asks until they are in a file.
    await visitor.button('Done').click();
    await dialog.getByText('Some of the tokens were neither copied nor saved').waitFor();
    const { download, text } = await saved(() => visitor.button('Download as CSV').click());
    expect(download.suggestedFilename()).toBe('keys.csv');
    const lines = text.trimEnd().split('\n').slice(1);
    expect(lines).toHaveLength(KEYS - 2);
    const [, id, token] = lines[KEYS / 2].split(',');
    expect(await curlGate(server, token)).toBe(200);
    expect((await server.api<Key>('GET', `/v1/keys/${id}`)).tokens.at(-1)?.id).toBe(token.split('_')[1]);
    await visitor.button('Done').click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(token);

    // What failed stays selected, to be tried again.
    await page.getByText('2 keys selected').waitFor();
    await server.create({ name: gone.name, owner: 'ada@example.com' });
  },
  2 * PATIENCE
);

test(
  'the files hold the keys of all pages, and no formulas',
  async () => {
    const csv = await exportAs('As CSV');
    expect(csv.download.suggestedFilename()).toBe('ostiary-keys.csv');
    const lines = csv.text.trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^\uFEFFid,name,description,owner,/);
    expect(lines.filter((line) => line.includes(',many-'))).toHaveLength(KEYS);
    expect(lines.find((line) => line.includes(nameOf(1)))).toContain(",'=1+1,");
    expect(csv.text).not.toMatch(/(^|,)"?[=+@]/m);

    const json = await exportAs('As JSON');
    expect(json.download.suggestedFilename()).toBe('ostiary-keys.json');
    const keys = JSON.parse(json.text) as Key[];
    expect(keys.filter(({ name }) => name.startsWith('many-'))).toHaveLength(KEYS);
    expect(keys.find(({ name }) => name === nameOf(1))?.description).toBe('=1+1');
    expect(json.text).not.toMatch(/ost_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/);

    // What is filtered out stays out.
    await visitor.page.getByLabel('Search keys').fill(nameOf(7));
    await visitor.page.getByRole('status').filter({ hasText: '1–1 of 1' }).waitFor();
    expect((await exportAs('As CSV')).text.trimEnd().split('\r\n')).toHaveLength(2);
  },
  2 * PATIENCE
);

test('columns are chosen, and a view brings them back', async () => {
  const { page } = visitor;
  await visitor.button('Columns').click();
  await page.getByRole('checkbox', { name: 'Tenants' }).check({ force: true });
  await page.getByRole('checkbox', { name: 'Created' }).uncheck({ force: true });
  await page.keyboard.press('Escape');
  const heads = () => page.getByRole('columnheader').allTextContents();
  await expectSoon(async () => {
    expect(await heads()).toEqual(expect.arrayContaining(['Owner', 'Labels', 'Tenants']));
    expect(await heads()).not.toContain('Created');
  });
  expect(await visitor.axe()).toEqual([]);

  await visitor.button('Views').click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  await visitor.dialog.getByLabel('Name').fill('Tenants');
  await visitor.button('Save view').click();
  await visitor.button('Columns').click();
  await visitor.button('As usual').click();
  await page.keyboard.press('Escape');
  await expectSoon(async () => expect(await heads()).not.toContain('Tenants'));
  await visitor.button('Views').click();
  await page.getByRole('menuitem', { name: 'Tenants' }).click();
  await expectSoon(async () => expect(await heads()).toContain('Tenants'));
});

test(
  'Revoke: all that match, once their number was typed, and for good; those are deleted together as well',
  async () => {
    const { dialog } = visitor;
    const end = async (action: string) => {
      await begin(action);
      const button = dialog.getByRole('button', { name: action, exact: true });
      const number = dialog.getByLabel(`Type the number of keys, ${KEYS}, to confirm`);
      for (const wrong of ['', String(KEYS - 1), `${KEYS}0`, 'all']) {
        await number.fill(wrong);
        expect([wrong, await button.isDisabled()]).toEqual([wrong, true]);
      }
      await number.fill(String(KEYS));
      await button.click();
      await dialog.getByText(`${KEYS} of ${KEYS} keys changed.`).waitFor({ timeout: PATIENCE });
      expect(await dialog.getByRole('button', { name: 'Undo' }).count()).toBe(0);
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      await dialog.waitFor({ state: 'detached' });
    };
    await end('Revoke');
    const revoked = await allKeys();
    expect(revoked).toHaveLength(KEYS);
    expect(revoked.filter(({ state }) => state !== 'revoked')).toEqual([]);
    await end('Delete');
    expect(await allKeys()).toEqual([]);
  },
  2 * PATIENCE
);
