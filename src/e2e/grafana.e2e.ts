import type { Browser } from 'playwright-core';
import type { Policy } from '../api/types';
import { curlGate, expectSoon, launchBrowser, Visitor } from './browser';
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
    await main.getByText('Keys are managed by administrators').waitFor();
    await expectSoon(async () => {
      expect(await main.textContent()).toContain(`${user} with the role ${user === 'viewer' ? 'Viewer' : 'Editor'}`);
      expect(await main.textContent()).toContain('you need the Admin role in this Grafana organization');
      expect(await visitor.button('Create key').count()).toBe(0);
      // What one may not see is not in the menu either.
      expect(await visitor.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
        'Overview',
        'API keys',
      ]);
    });
    for (const page of ['keys', 'pools', 'audit']) {
      await visitor.page.goto(`${grafana.url}${grafana.home}${page}`);
      await main.getByText('Keys are managed by administrators').waitFor();
    }
    expect(await visitor.axe()).toEqual([]);
  })
);

test('an administrator of another organization sees nothing of this one', async () => {
  await grafana.create({ name: 'of-the-first' });
  await visit('root', async (visitor) => {
    await visitor.open('API keys');
    await visitor.button('Create your first key').waitFor();
  });
  await visit('admin', async (visitor) => {
    await visitor.open('API keys');
    await visitor.row('of-the-first').waitFor();
  });
});

test('the first steps, without signing in: what the operator writes, and a key that arrives', () =>
  visit('root', async (visitor) => {
    const { page, dialog } = visitor;
    const steps = page.getByRole('list', { name: 'First steps' });
    await steps.getByText('Write this into grafana.ini:').waitFor();
    const lines = (await steps.getByText('gate_endpoints_in_store').textContent()) ?? '';
    expect(lines.split('\n')).toContain('[plugin.ostiary-apikeys-app]');
    expect(lines.split('\n')).toContain('gate_upstreams = 127.0.0.1:3100');
    expect(await visitor.axe()).toEqual([]);
    await steps.getByRole('button', { name: 'Create key for Alloy' }).click();
    await dialog.getByRole('button', { name: 'Alloy', pressed: true }).waitFor();
    await dialog.getByRole('button', { name: 'Create key' }).click();
    expect(await curlGate(grafana, await visitor.token())).toBe(200);
    await dialog.getByText(/^Let in: /).waitFor({ timeout: 20_000 });
    await visitor.takeToken();
    await steps.getByText('Done:').waitFor({ timeout: 20_000 });
  }));

test('the tabs of the plugin’s page: keys, and a policy that is in force once it is saved', () =>
  visit('admin', async (visitor) => {
    const { page } = visitor;
    await page.goto(`${grafana.url}/plugins/ostiary-apikeys-app?page=keys`);
    await visitor.row('of-the-first').waitFor();
    await visitor.button('Create key').waitFor();

    await visitor.open('Settings');
    const longest = page.getByLabel('Longest lifetime');
    await expectSoon(async () =>
      expect(await page.getByLabel('Lifetime when none is chosen').inputValue()).toBe('90d')
    );
    await longest.fill('30d');
    await visitor.button('Save policy').click();
    await page.getByText('This is longer than the longest lifetime, 30d.').waitFor();
    await page.getByLabel('Lifetime when none is chosen').fill('7d');
    await page.getByText('Editor', { exact: true }).click();
    await visitor.button('Save policy').click();
    await page.getByText('Saved.').waitFor();
    expect(await grafana.api<Policy>('GET', '/v1/policy')).toMatchObject({
      defaultTtl: 7 * 86400,
      maxTtl: 30 * 86400,
      roles: ['Admin', 'Viewer', 'Agent'],
      offers: { lifetimes: [7 * 86400, 30 * 86400] },
    });
    await page.getByText('SQLite').waitFor();
    expect(await visitor.axe()).toEqual([]);

    await page.reload();
    await expectSoon(async () => expect(await longest.inputValue()).toBe('30d'));
    await visitor.open('API keys');
    await visitor.button('Create key').click();
    await visitor.dialog.waitFor();
    await expectSoon(async () => {
      expect(await visitor.dialog.getByText('At most 30 days.').count()).toBe(1);
      expect(await visitor.dialog.getByRole('radio', { name: /^Editor/ }).count()).toBe(0);
    });
  }));

test('the plugin brings its German texts along', () =>
  visit(
    'admin',
    async ({ page }) => {
      await page.getByRole('heading', { level: 1, name: 'Übersicht' }).waitFor();
      await page.goto(`${grafana.url}${grafana.home}keys`);
      await page.getByRole('heading', { level: 1, name: 'API-Schlüssel' }).waitFor();
      await page.getByRole('button', { name: 'Schlüssel anlegen' }).click();
      await page.getByRole('dialog').getByText('Daten senden und sonst nichts').waitFor();
    },
    'de-DE'
  ));

test('a refusal comes through Grafana as it happens', () =>
  visit('admin', async (visitor) => {
    const { page } = visitor;
    const { token } = await grafana.create({ name: 'live', role: 'Viewer', allowedCidrs: ['10.0.0.0/8'] });
    await visitor.open('Refused');
    await page.getByText('New ones appear as they happen').waitFor();
    // No answer of the list has it: it comes through the stream alone.
    await page.route(/\/v1\/denials\?/, (route) =>
      route.request().headers().accept?.includes('text/event-stream') ? route.fallback() : route.abort()
    );
    expect(await curlGate(grafana, token)).toBe(403);
    await page.getByRole('row').filter({ hasText: 'live' }).waitFor({ timeout: 15_000 });
    expect(await visitor.axe()).toEqual([]);
  }));

describe('in Grafana’s own layout', () => {
  beforeAll(() => grafana.create({ name: 'laid-out' }));

  test('the banner of an outage stands below the title and takes the room that it needs', () =>
    visit('admin', async (visitor) => {
      const { page } = visitor;
      await visitor.open('API keys');
      await visitor.row('laid-out').waitFor();
      await page.route(/\/v1\/keys/, (route) =>
        route.fulfill({ status: 503, json: { status: 503, code: 'unavailable', detail: 'The store is away.' } })
      );
      await visitor.button('Read the list again').click();
      const banner = page.getByRole('alert').filter({ hasText: 'The key store cannot be reached' });
      await banner.waitFor();
      const [title, box] = await Promise.all(
        [page.getByRole('heading', { level: 1 }), banner].map(async (part) => (await part.boundingBox())!)
      );
      expect(box.y).toBeGreaterThan(title.y + title.height - 1);
      expect(box.y - title.y).toBeLessThan(200);
      expect(box.height).toBeLessThan(150);
      await visitor.row('laid-out').waitFor();
    }));

  test('each box of the roles that keys may have has its label next to it', () =>
    visit('admin', async ({ page }) => {
      await page.goto(`${grafana.url}/plugins/ostiary-apikeys-app?page=settings`);
      for (const role of ['Admin', 'Editor', 'Viewer', 'Agent']) {
        const label = page.locator('label').filter({ has: page.locator(`#policy-role-${role}`) });
        const [box, text] = await Promise.all(
          [label.locator('input + span'), label.getByText(role, { exact: true })].map(
            async (part) => (await part.boundingBox())!
          )
        );
        expect(text.x - (box.x + box.width)).toBeLessThan(16);
        expect(text.x - (box.x + box.width)).toBeGreaterThan(0);
      }
    }));

  test.each([1440, 1280, 1024])('the tab of the keys leaves Grafana’s panel its place (%i wide)', (width) =>
    visit('admin', async (visitor) => {
      const { page } = visitor;
      const { key } = await grafana.create({
        name: `of-the-people-who-look-after-the-presses-in-hall-${width}`,
        pool: 'presses-of-the-plant-in-the-north',
      });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${grafana.url}/plugins/ostiary-apikeys-app?page=keys`);
      await visitor.row(key.name).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const panel = (await page.getByTestId('plugin-details-panel').boundingBox())!;
      const table = (await page.locator('table').locator('..').boundingBox())!;
      expect(panel.width).toBe(250);
      expect(panel.x + panel.width).toBeLessThanOrEqual(width);
      expect(table.x + table.width).toBeLessThanOrEqual(panel.x);
      expect(await visitor.button(`Actions for ${key.name}`).boundingBox()).toMatchObject({ width: 28 });
      expect(await visitor.axe()).toEqual([]);
      await grafana.api('DELETE', `/v1/keys/${key.id}`);
    })
  );

  test('no step of the way to a page is named twice', () =>
    visit('admin', async (visitor) => {
      const { page } = visitor;
      const way = page.getByRole('list', { name: 'Breadcrumbs' }).getByRole('listitem');
      const leadsBy = (...steps: string[]) =>
        expectSoon(async () => expect(await way.allTextContents()).toEqual(['Home', 'Ostiary API keys', ...steps]));
      await leadsBy('Overview');
      for (const name of ['API keys', 'Agent pools', 'Refused', 'Audit trail'] as const) {
        await visitor.open(name);
        await leadsBy(name);
      }
      await visitor.open('API keys');
      await page.getByRole('link', { name: 'laid-out' }).click();
      await page.getByRole('heading', { level: 1, name: 'laid-out' }).waitFor();
      await leadsBy('API keys', 'laid-out');
    }));

  test('a plugin that is not enabled says calmly what to do first, and asks nothing', () =>
    visit('admin', async (visitor) => {
      const { page } = visitor;
      const asked: string[] = [];
      await page.route(/apikeys-app\/settings$/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), enabled: false } });
      });
      await visitor.open('API keys');
      await visitor.row('laid-out').waitFor();
      page.on('request', (request) => request.url().includes('/resources/') && asked.push(request.url()));
      for (const tab of ['keys', 'settings']) {
        await page.goto(`${grafana.url}/plugins/ostiary-apikeys-app?page=${tab}`);
        await page.getByText('Enable the plugin first').waitFor();
        await expectSoon(async () => expect(await page.getByRole('alert').count()).toBe(0));
        expect(await visitor.axe()).toEqual([]);
      }
      // What the stand-in for Grafana itself asks for its menu is all that is asked.
      expect(asked.filter((url) => !url.endsWith('/v1/whoami'))).toEqual([]);
    }));
});
