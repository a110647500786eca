import type { Browser } from 'playwright-core';
import { launchBrowser, showADayOfTraffic, showAMonthOfUse, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * Every state of the pages in both themes: axe must find no serious fault in any. With SCREENSHOTS=FOLDER the pictures
 * of the documentation are taken on the way.
 */

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

const THEMES = ['dark', 'light'] as const;

/** Looks at the page as it is now. */
async function look(visitor: Visitor, theme: string, name: string): Promise<void> {
  await visitor.page.mouse.move(0, 0); // nothing is shown as if the mouse were on it
  await visitor.page.waitForTimeout(400); // transitions end
  await visitor.picture(`console-${name}-${theme}`);
  visitor.complaints.push(...(await visitor.axe()).map((fault) => `${name}: ${fault}`));
}

/** Signs in with the theme and looks around; nothing may be complained of. */
async function lookAround(
  theme: (typeof THEMES)[number],
  key: string | undefined,
  act: (visitor: Visitor) => Promise<void>
) {
  const visitor = await Visitor.arrive(browser, server, { colorScheme: theme, viewport: { width: 1280, height: 800 } });
  if (key !== '') {
    await visitor.signIn(key);
  }
  await act(visitor);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}

test.each(THEMES)('nobody is signed in, and nothing is there yet (%s)', async (theme) => {
  await lookAround(theme, '', (visitor) => look(visitor, theme, 'sign-in'));
  await lookAround(theme, undefined, async (visitor) => {
    await visitor.button('Create your first key').waitFor();
    await look(visitor, theme, 'no-keys');
    await visitor.open('Overview');
    await visitor.page.getByRole('list', { name: 'First steps' }).waitFor();
    await look(visitor, theme, 'first-steps');
    await visitor.open('Refused');
    await visitor.page.getByText('New ones appear').waitFor();
    await look(visitor, theme, 'none-refused');
    await visitor.open('Agent pools');
    await visitor.page.getByText('No pools yet').waitFor();
    await look(visitor, theme, 'no-pools');
  });
});

describe('with three keys', () => {
  beforeAll(async () => {
    const { key: agents, token: agentsToken } = await server.create({
      name: 'edge-agents',
      description: 'Grafana Alloy on the machines at the edge; ask the platform team',
      pool: 'edge',
      owner: 'platform@example.com',
      labels: { team: 'platform', env: 'prod' },
      endpoints: ['pyroscope'],
      allowedCidrs: ['10.0.0.0/8', '127.0.0.1'],
      tenants: ['team-a'],
      limits: { requestsPerSecond: 50, bytesPerSecond: 5_000_000 },
    });
    const { token } = await server.create({ name: 'kuma-scraper', role: 'Viewer', expiresIn: 3 * 24 * 3600 });
    const { key: old } = await server.create({ name: 'old-importer', role: 'Editor', expiresIn: 'never' });
    await server.api('PATCH', `/v1/keys/${old.id}`, { enabled: false });
    for (const used of [token, agentsToken]) {
      await fetch(`${server.gate}/auth?endpoint=pyroscope`, { headers: { Authorization: `Bearer ${used}` } });
    }
    await server.api('PATCH', `/v1/keys/${agents.id}`, {
      description: 'Grafana Alloy at the edge; ask the platform team',
    });
    await new Promise((resolve) => setTimeout(resolve, 3000)); // usage is written in batches
  });

  test.each(THEMES)('the list and every dialog (%s)', async (theme) => {
    await lookAround(theme, undefined, async (visitor) => {
      const { dialog, page } = visitor;
      await visitor.row('edge-agents').waitFor();
      await look(visitor, theme, 'keys');
      await visitor.button('Actions for edge-agents').click();
      await look(visitor, theme, 'menu');
      await page.keyboard.press('Escape');

      await visitor.button('More filters').click();
      await page.getByRole('combobox', { name: 'Owner' }).click();
      await page.getByRole('option', { name: 'platform@example.com' }).hover();
      await look(visitor, theme, 'filters');
      await visitor.button('More filters').click();

      await visitor.button('Create key').click();
      await look(visitor, theme, 'create');
      await page.locator('#key-any-tenant').check({ force: true });
      await look(visitor, theme, 'create-any-tenant');
      await page.locator('#key-any-tenant').uncheck({ force: true });
      await dialog.getByLabel('Name').fill('edge-agents');
      await dialog.getByRole('button', { name: 'Create key' }).click();
      await dialog.getByRole('alert').waitFor();
      await look(visitor, theme, 'create-error');
      await dialog.getByLabel('Name').fill(`otel-gateway-${theme}`);
      await dialog.getByRole('button', { name: 'Create key' }).click();
      await page.getByTestId('token').waitFor();
      await dialog.getByRole('tab', { name: 'curl, Basic' }).click();
      await look(visitor, theme, 'token');
      await visitor.button('Done').click();
      await look(visitor, theme, 'token-not-copied');
      await visitor.button('Close without copying').click();

      for (const [action, name] of [
        ['Rotate', 'rotate'],
        ['Revoke', 'revoke'],
        ['Delete', 'delete'],
        ['Edit', 'edit'],
      ]) {
        await visitor.act('kuma-scraper', action);
        await look(visitor, theme, name);
        await visitor.button('Cancel').click();
        await dialog.waitFor({ state: 'detached' });
      }

      for (const name of ['edge-agents', 'kuma-scraper']) {
        await visitor.row(name).locator('label').click();
      }
      await look(visitor, theme, 'selected');
      await visitor.button('Revoke').click();
      await look(visitor, theme, 'bulk');
      await visitor.button('Cancel').click();
    });
  });

  test.each(THEMES)('details, audit trail, settings, and what is not there (%s)', async (theme) => {
    await lookAround(theme, undefined, async (visitor) => {
      await showAMonthOfUse(visitor);
      await showADayOfTraffic(visitor);
      await visitor.page.getByRole('link', { name: 'edge-agents', exact: true }).click();
      await visitor.page.getByRole('cell', { name: 'Created' }).waitFor();
      await visitor.page.getByRole('img', { name: /in the last 30 days/ }).waitFor();
      await look(visitor, theme, 'details');
      await visitor.open('Overview');
      await visitor.page.getByRole('slider', { name: 'Requests over time' }).waitFor();
      await visitor.page.getByRole('slider', { name: 'Requests over time' }).hover();
      await look(visitor, theme, 'overview');
      await fetch(`${server.gate}/auth?endpoint=pyroscope`);
      await visitor.open('Refused');
      await visitor.page.getByText('No key was sent').first().waitFor({ timeout: 20_000 });
      await look(visitor, theme, 'refused');
      await visitor.open('Audit trail');
      await visitor.page.getByRole('cell', { name: 'Disabled' }).first().waitFor();
      await look(visitor, theme, 'audit');
      await visitor.open('Agent pools');
      await visitor.row('edge').waitFor();
      await look(visitor, theme, 'pools');
      await visitor.button('Create pool').click();
      await look(visitor, theme, 'pool-create');
      await visitor.button('Cancel').click();
      await visitor.act('edge', 'Remove');
      await look(visitor, theme, 'pool-remove');
      await visitor.button('Cancel').click();
      await visitor.open('Endpoints');
      await visitor.page.getByText('Address of the gate').waitFor();
      await look(visitor, theme, 'endpoints');
      await visitor.button('Check a token').click();
      await visitor.dialog.waitFor();
      await look(visitor, theme, 'check');
      await visitor.page.keyboard.press('Escape');
      await visitor.open('Settings');
      await visitor.page.getByText('SQLite').waitFor();
      await look(visitor, theme, 'settings');
      await visitor.open('API keys');
      await visitor.page.getByLabel('Search keys').fill('nothing is called so');
      await visitor.page.getByText('No key matches').waitFor();
      await look(visitor, theme, 'none-found');
    });
  });

  test.each(THEMES)('someone who may not manage keys (%s)', async (theme) => {
    const { token } = await server.create({ name: `reader-${theme}`, role: 'Viewer' });
    await lookAround(theme, token, async (visitor) => {
      await visitor.page.getByText('Keys are managed by administrators').waitFor();
      await look(visitor, theme, 'viewer');
    });
  });

  test.each(THEMES)('the server is down (%s)', async (theme) => {
    await lookAround(theme, undefined, async (visitor) => {
      await visitor.row('edge-agents').waitFor();
      await server.halt();
      await visitor.button('Read the list again').click();
      await visitor.page.getByText('The server cannot be reached').first().waitFor();
      await look(visitor, theme, 'outage');
      await server.restart();
    });
  });
});

describe('with a thousand keys', () => {
  beforeAll(async () => {
    const uses = [
      { name: 'alloy', role: 'Agent', pool: 'edge', expiresIn: '365d' },
      { name: 'otel-gateway', role: 'Agent', pool: 'edge', expiresIn: '90d' },
      { name: 'kuma-scraper', role: 'Viewer', expiresIn: '30d' },
      { name: 'pyroscope-ci', role: 'Agent', pool: 'ci', expiresIn: '5d' },
      { name: 'dashboards-sync', role: 'Editor', expiresIn: '90d' },
    ] as const;
    const ids: string[] = [];
    for (let site = 0; site < 200; site++) {
      const made = await Promise.all(
        uses.map((use) => server.create({ ...use, name: `site-${String(site).padStart(3, '0')}-${use.name}` }))
      );
      ids.push(...made.map(({ key }) => key.id));
    }
    for (let i = 0; i < 120; i += 6) {
      await server.api('PATCH', `/v1/keys/${ids[i]}`, { enabled: false });
      await server.api('POST', `/v1/keys/${ids[i + 2]}/revoke`, {});
    }
  });

  test.each(THEMES)('the list (%s)', async (theme) => {
    await lookAround(theme, undefined, async (visitor) => {
      await visitor.row('site-000-alloy').waitFor();
      await look(visitor, theme, 'thousand-keys');
      await visitor.button('Next').scrollIntoViewIfNeeded();
      await look(visitor, theme, 'thousand-keys-end');
    });
  });
});
