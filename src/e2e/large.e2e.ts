import type { Browser } from 'playwright-core';
import { launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * How quick the list is with very many keys: LARGE_STORE names a data directory that was filled before. Without it there
 * is nothing to do. Each time is from the click or the key stroke until the new rows are on the page.
 */

const data = process.env.LARGE_STORE;

/** The longest that anything may take, in milliseconds. */
const LIMIT = 1500;

(data ? describe : describe.skip)('with very many keys', () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), startServer(['--data-dir', data!, '--reset-admin'])]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });

  test('rows, search, filters, order and pages come quickly', async () => {
    const visitor = await Visitor.arrive(browser, server);
    const { page } = visitor;
    const times: Array<[string, number]> = [];
    const measure = async (what: string, act: () => Promise<unknown>) => {
      const answer = page.waitForResponse((r) => r.url().includes('/v1/keys?') && r.url().includes('sort='));
      const start = Date.now();
      await act();
      await answer;
      await page.locator('table[aria-busy=false]').waitFor();
      times.push([what, Date.now() - start]);
      expect(await page.locator('tbody tr').count()).toBeGreaterThan(0);
    };

    const rare = (await server.create({ name: `needle-${Date.now()}` })).key.name;
    await measure('signed in until the first rows', () => visitor.signIn());
    await measure('next page', () => visitor.button('Next').click());
    await measure('page after it', () => visitor.button('Next').click());
    const search = page.getByLabel('Search keys');
    await measure('search for a common word', () => search.fill('berlin'));
    await measure('next page of it', () => visitor.button('Next').click());
    await measure('search for a rare word', () => search.fill(rare));
    await measure('search undone', () => search.fill(''));
    for (const column of ['Last used', 'Last used', 'Expires', 'Created']) {
      await measure(`sorted by ${column}`, () => page.getByRole('button', { name: column, exact: true }).click());
    }
    await page.getByRole('combobox', { name: 'State' }).click();
    await measure('only revoked ones', () => page.getByRole('option', { name: 'Revoked' }).click());
    await page.getByRole('combobox', { name: 'Role' }).click();
    await measure('only Viewers of them', () => page.getByRole('option', { name: 'Viewer' }).click());

    const total = await page
      .getByRole('status')
      .filter({ hasText: /of [\d,]+$/ })
      .textContent();
    process.stdout.write(
      `${total}\n${times.map(([what, ms]) => `${String(ms).padStart(6)} ms  ${what}`).join('\n')}\n`
    );
    expect(times.filter(([, ms]) => ms > LIMIT)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  }, 300_000);
});
