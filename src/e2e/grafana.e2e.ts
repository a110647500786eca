import type { Browser } from 'playwright-core';
import type { Policy } from '../api/types';
import { expectSoon, launchBrowser, Visitor } from './browser';
import { asUser, startGrafana, type GrafanaUser } from './grafana';
import type { Server } from './server';

/*
 * What only Grafana has: its users and organizations, the plugin's tabs, and settings that it keeps.
 */

let browser: Browser;
let grafana: Server;

beforeAll(async () => {
  [browser, grafana] = await Promise.all([launchBrowser(), startGrafana()]);
});
afterAll(async () => {
  await browser?.close();
  await grafana?.remove();
});

async function visit(user: GrafanaUser, act: (visitor: Visitor) => Promise<void>, locale = 'en-GB') {
  const visitor = await Visitor.arrive(browser, asUser(grafana, user), { locale });
  await act(visitor);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}

test.each(['viewer', 'editor'] as const)('someone who is %s sees what they may do, and why not more', (user) =>
  visit(user, async (visitor) => {
    const main = visitor.page.getByRole('main');
    for (const page of ['API keys', 'Agent pools', 'Audit trail'] as const) {
      await visitor.open(page);
      await main.getByText('Keys are managed by administrators').waitFor();
      expect(await main.textContent()).toContain(`${user} with the role ${user === 'viewer' ? 'Viewer' : 'Editor'}`);
      expect(await main.textContent()).toContain('you need the Admin role in this Grafana organization');
      expect(await visitor.button('Create key').count()).toBe(0);
    }
    expect(await visitor.axe()).toEqual([]);
  })
);

test('an administrator of another organization sees nothing of this one', async () => {
  await grafana.create({ name: 'of-the-first' });
  await visit('root', (visitor) => visitor.button('Create your first key').waitFor());
  await visit('admin', (visitor) => visitor.row('of-the-first').waitFor());
});

test('the tabs of the plugin’s page: keys, and a policy that is in force once it is saved', () =>
  visit('admin', async (visitor) => {
    const { page } = visitor;
    await page.goto(`${grafana.url}/plugins/ostiary-apikeys-app?page=keys`);
    await visitor.row('of-the-first').waitFor();
    await visitor.button('Create key').waitFor();

    await visitor.open('Settings');
    const longest = page.getByLabel('Longest lifetime');
    expect(await page.getByLabel('Lifetime when none is chosen').inputValue()).toBe('90d');
    await longest.fill('30d');
    await visitor.button('Save policy').click();
    await page.getByText('This is longer than the longest lifetime, 30d.').waitFor();
    await page.getByLabel('Lifetime when none is chosen').fill('7d');
    await page.getByText('Editor', { exact: true }).click();
    await visitor.button('Save policy').click();
    await page.getByText('Saved.').waitFor();
    expect(await grafana.api<Policy>('GET', '/v1/policy')).toEqual({
      defaultTtl: 7 * 86400,
      maxTtl: 30 * 86400,
      roles: ['Admin', 'Viewer', 'Agent'],
    });
    await page.getByText('SQLite').waitFor();
    expect(await visitor.axe()).toEqual([]);

    await page.reload();
    await expectSoon(async () => expect(await longest.inputValue()).toBe('30d'));
    await visitor.open('API keys');
    await visitor.button('Create key').click();
    await visitor.dialog.waitFor();
    expect(await visitor.dialog.getByText('At most 30 days.').count()).toBe(1);
    expect(await visitor.dialog.getByRole('radio', { name: /^Editor/ }).count()).toBe(0);
  }));

test('the plugin brings its German texts along', () =>
  visit(
    'admin',
    async ({ page }) => {
      await page.getByRole('heading', { level: 1, name: 'API-Schlüssel' }).waitFor();
      await page.getByRole('button', { name: 'Schlüssel anlegen' }).click();
      await page.getByRole('dialog').getByText('Daten senden und sonst nichts').waitFor();
    },
    'de-DE'
  ));
