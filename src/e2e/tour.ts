import { readFileSync } from 'fs';
import path from 'path';
import type { Locator } from 'playwright-core';
import { expectSoon, Visitor } from './browser';
import type { Server } from './server';

/*
 * Every page and every dialog, one after the other, in any language: what the visitor presses is called as the
 * catalogue says. Each dialog is opened and closed by keyboard, and must give the focus back to what opened it.
 */

/** A text of the catalogue of a language, with its values in place. */
export type Say = (key: string, values?: Record<string, string>) => string;

/** The texts of a language. */
export function textsOf(language: string): Say {
  const file = path.resolve('src/locales', language, 'ostiary-apikeys-app.json');
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  return (key, values = {}) => {
    const text = key.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)?.[name], all);
    if (typeof text !== 'string') {
      throw new Error(`${language} has no text ${key}`);
    }
    return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
  };
}

/** The menu's link to a page. Grafana names it as plugin.json does, in English. */
export const linkTo = ({ page, server }: Visitor, say: Say, title: string): Locator =>
  page.getByRole('navigation').getByRole('link', { name: server.home === '/' ? say(title) : textsOf('en-US')(title) });

/** What the tour finds at a server. */
export const ON_TOUR = { key: 'edge-agents', pool: 'edge', endpoint: 'loki' };

/** Fills a new server with what the pages can show: long names, limits, labels, tenants, and a refusal. */
export async function furnish(server: Server): Promise<void> {
  const upstream = 'http://127.0.0.1:9';
  await server.api('POST', '/v1/endpoints', { name: 'loki', path: '/loki', kind: 'loki', upstream });
  await server.api('POST', '/v1/endpoints', {
    name: 'traces-of-the-plant',
    path: '/a/path/that/is/quite/long',
    require: 'ingest',
    upstream,
    tenant: { header: 'X-Scope-OrgID' },
    onExpired: { grace: '72h' },
  });
  const { key, token } = await server.create({
    name: ON_TOUR.key,
    description: 'Grafana Alloy on the machines at the edge; ask the platform team',
    pool: ON_TOUR.pool,
    owner: 'platform-engineering-and-operations@example.com',
    labels: { team: 'platform', env: 'prod', 'cost-center': '4711-north' },
    endpoints: ['loki', 'traces-of-the-plant'],
    allowedCidrs: ['10.0.0.0/8', '2001:db8:1234:5678::/64'],
    tenants: ['team-a', 'team-b'],
    limits: { requestsPerSecond: 50, bytesPerSecond: 5_000_000 },
  });
  await server.create({ name: 'of-the-people-who-look-after-the-presses-in-hall-seven-and-their-machines' });
  await server.create({ name: 'ends-soon', role: 'Viewer', expiresIn: '3d' });
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
  // It is refused, for its address. No key is used, so that the first steps are there.
  await fetch(`${server.gate}/auth?endpoint=loki`, {
    headers: { Authorization: `Bearer ${token}`, 'User-Agent': agent },
  });
  await server.api('POST', `/v1/keys/${key.id}/rotate`, { overlap: '24h' });
}

/** Looks at each page and dialog. */
export async function tour(visitor: Visitor, say: Say, look: (name: string) => Promise<void>): Promise<void> {
  const { page, dialog } = visitor;
  const main = page.getByRole('main');
  const inGrafana = visitor.server.home !== '/';
  const button = (name: string, within: Locator | typeof page = page) =>
    within.getByRole('button', { name, exact: true }).first();
  const open = async (title: string, sign: string) => {
    await linkTo(visitor, say, title).click();
    await page.getByRole('heading', { level: 1, name: say(title) }).waitFor();
    await main.locator(sign).first().waitFor({ timeout: 20_000 });
  };
  /** Opens a dialog with a button, looks at it, leaves it with Escape, and expects the focus where it was. */
  const dialogOf = async (name: string, opener: Locator, act?: () => Promise<void>) => {
    await opener.focus();
    await page.keyboard.press('Enter');
    await leave(name, opener, act);
  };
  const leave = async (name: string, opener: Locator, act?: () => Promise<void>) => {
    await dialog.waitFor();
    await act?.();
    await look(name);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expectSoon(async () =>
      expect([name, await opener.evaluate((e) => e === document.activeElement)]).toEqual([name, true])
    );
  };
  /** The same, from the menu of a row. */
  const dialogOfRow = async (name: string, row: string, action: string, act?: () => Promise<void>) => {
    const opener = button(say('menu.label', { name: row }));
    await opener.focus();
    await page.keyboard.press('Enter');
    const focused = page.getByRole('menuitem').and(page.locator(':focus'));
    // On a busy machine Grafana's menu may have the keyboard itself at first, from which an arrow leads to its items.
    await focused.waitFor({ timeout: 3000 }).catch(() => page.keyboard.press('ArrowDown'));
    await focused.waitFor();
    const items = await page.getByRole('menuitem').allTextContents();
    for (let at = 0; at < items.indexOf(say(action)); at++) {
      await page.keyboard.press('ArrowDown');
    }
    await focused.filter({ hasText: say(action) }).waitFor();
    await page.keyboard.press('Enter');
    await leave(name, opener, act);
  };

  await open('overview.title', 'ol');
  await look('first-steps');
  await button(say('first.skip')).click();
  await page.getByRole('slider').waitFor();
  await look('overview');
  // Grafana has a palette and shortcuts of its own.
  if (!inGrafana) {
    await page.keyboard.press('Control+k');
    await dialog.waitFor();
    await look('palette');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await dialog.waitFor();
    await look('shortcuts');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  await dialogOf('verify', button(say('verify.title')));

  await open('keys.title', 'tbody tr');
  await look('keys');
  await dialogOf('create', button(say('keys.create'), main), async () => {
    await dialog.locator('#key-name').waitFor();
  });
  for (const action of ['edit', 'rotate', 'revoke', 'delete']) {
    await dialogOfRow(action, ON_TOUR.key, `action.${action}`);
  }
  await button(say('filter.more')).click();
  await look('filters');
  await button(say('filter.more')).click();
  await main.locator('thead label').first().click();
  await look('selected');
  await dialogOf('bulk-revoke', button(say('action.revoke')));
  await dialogOf('bulk-rotate', button(say('action.rotate')));
  await button(say('keys.clear')).click();

  await page.getByRole('link', { name: ON_TOUR.key, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: ON_TOUR.key }).waitFor();
  await main.locator('table').last().waitFor();
  await look('key');
  await open('pools.title', 'tbody tr');
  await look('pools');
  await dialogOf('pool-create', button(say('pools.create')));
  for (const action of ['rotate', 'revoke', 'remove']) {
    await dialogOfRow(`pool-${action}`, ON_TOUR.pool, `pools.${action}`);
  }
  await open('refused.title', 'tbody tr');
  await look('refused');
  await open('endpoints.title', 'tbody tr');
  await look('endpoints');
  await dialogOf('endpoint-create', button(say('endpoints.create')), async () => {
    await dialog.getByText(say('endpoint-form.more')).click();
    await button(say('endpoint-form.check'), dialog).click();
    await dialog.getByText(say('endpoint-form.needs-name')).waitFor();
  });
  await dialogOfRow('endpoint-change', ON_TOUR.endpoint, 'endpoints.change');
  await dialogOfRow('endpoint-remove', ON_TOUR.endpoint, 'pools.remove');
  await dialogOf('endpoint-use', button(say('endpoints.use-one', { name: ON_TOUR.endpoint })));
  await open('audit.title', 'tbody tr');
  await look('audit');
  if (!inGrafana) {
    await open('settings.title', 'dl');
    await look('settings');
  }
}
