import type { Browser } from 'playwright-core';
import { launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * The pages in a window as narrow as a phone: nothing may lead sideways out of it, and what matters is in sight.
 */

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  const { key } = await server.create({
    name: 'edge-agents-of-the-platform-team',
    description: 'Grafana Alloy on the machines at the edge',
    pool: 'edge',
    endpoints: ['pyroscope'],
    allowedCidrs: ['10.0.0.0/8', '127.0.0.1'],
  });
  const { key: kuma } = await server.create({ name: 'kuma', role: 'Viewer', expiresIn: '30d' });
  await server.api('POST', `/v1/keys/${kuma.id}/rotate`, { overlap: '24h', expiresIn: '3d' });
  await server.api('PATCH', `/v1/keys/${key.id}`, {
    description: 'Grafana Alloy at the edge; ask the platform team',
    allowedCidrs: ['10.0.0.0/8', '192.168.0.0/16', '2001:db8::/32'],
  });
  // Its state takes the most room.
  const { key: paused } = await server.create({ name: 'is-paused', expiresIn: '90d' });
  await server.api('PATCH', `/v1/keys/${paused.id}`, { enabled: false, disabledFor: '10h' });
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

const LOOKS = [
  ['dark', 'en-GB'],
  ['light', 'de-AT'],
] as const;

test.each(LOOKS)('no page is wider than the window (%s, %s)', async (colorScheme, locale) => {
  const visitor = await Visitor.arrive(browser, server, {
    colorScheme,
    locale,
    viewport: { width: 400, height: 800 },
  });
  const { page } = visitor;
  const wide: string[] = [];
  /** Notes how far the page leads sideways, and what axe finds. */
  const look = async (name: string) => {
    await page.waitForTimeout(400); // transitions end
    if (process.env.NARROW_PICTURES) {
      await page.screenshot({ path: `${process.env.NARROW_PICTURES}/${name}-${colorScheme}.png` });
    }
    const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    if (width > room) {
      wide.push(`${name}: ${width} > ${room}`);
    }
    visitor.complaints.push(...(await visitor.axe()).map((fault) => `${name}: ${fault}`));
  };
  /** The greatest height of what a selector finds, in pixels. */
  const highest = (selector: string) =>
    page.locator(selector).evaluateAll((all) => Math.max(...all.map((e) => e.getBoundingClientRect().height)));

  /** Expects a row's link and menu in sight, without moving the table. */
  const inSight = async (name: string) => {
    for (const part of ['link', 'button'] as const) {
      const box = await visitor.row(name).getByRole(part).first().boundingBox();
      expect(box!.x + box!.width).toBeLessThanOrEqual(400);
    }
  };

  await look('sign-in');
  await page.locator('input').first().fill(server.adminKey);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').getByRole('link').nth(1).click();
  await visitor.row('kuma').waitFor();
  await look('keys');
  expect(await highest('header')).toBeLessThan(140);
  await inSight('kuma');
  await inSight('is-paused');

  await page.getByRole('main').getByRole('button').nth(2).click(); // after those that check a token, and export
  await visitor.dialog.waitFor();
  await look('create');
  const cut = await visitor.dialog
    .locator('label')
    .evaluateAll((all) => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent));
  expect(cut).toEqual([]);
  await page.keyboard.press('Escape');
  await visitor.dialog.waitFor({ state: 'detached' });

  for (const name of ['revoke', 'rotate'] as const) {
    await visitor.row('kuma').getByRole('button').last().click();
    const items = page.getByRole('menuitem');
    await items.nth({ rotate: 3, revoke: 4 }[name]).click();
    await visitor.dialog.waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await visitor.dialog.waitFor({ state: 'detached' });
  }

  await page.getByRole('link', { name: 'edge-agents-of-the-platform-team' }).click();
  await page.getByRole('table').last().waitFor();
  await look('details');
  await fetch(`${server.gate}/auth?endpoint=pyroscope`); // and is refused
  const pages = { overview: 'ol', keys: 'table', pools: 'table', refused: 'table', endpoints: 'dl', audit: 'table' };
  for (const [at, [name, sign]] of Object.entries({ ...pages, settings: 'dl' }).entries()) {
    await page.getByRole('navigation').getByRole('link').nth(at).click();
    await page.locator(`main ${sign}`).first().waitFor({ timeout: 20_000 });
    await look(name);
    // What was refused has much to say on a card.
    if (name !== 'refused' && (await page.locator('tbody tr').count()) > 0) {
      expect(await highest('tbody tr')).toBeLessThan(200);
    }
    if (name === 'pools') {
      await inSight('edge');
    }
  }
  expect(wide).toEqual([]);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});

test('a message covers neither head nor actions of a dialog', async () => {
  const visitor = await Visitor.arrive(browser, server, { viewport: { width: 390, height: 844 }, permissions: [] });
  const { page, dialog } = visitor;
  await visitor.signIn();
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'));
  });
  await visitor.button('Create key').click();
  await dialog.getByLabel('Name').fill('not-copied');
  await dialog.locator('button[type=submit]').click();
  await visitor.button('Copy token').click();
  const message = await page.getByRole('alert').boundingBox();
  const close = await dialog.getByRole('button', { name: 'Close' }).first().boundingBox();
  const done = await visitor.button('Done').boundingBox();
  expect(message!.y).toBeGreaterThan(close!.y + close!.height);
  const [top, bottom] = [message!.y, message!.y + message!.height];
  expect(bottom < done!.y || top > done!.y + done!.height).toBe(true);
  expect(bottom).toBeLessThan(844);
  await visitor.leave();
});
