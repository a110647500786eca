import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import { launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';
import { furnish, textsOf, tour } from './tour';

/*
 * What holds on every page and in every dialog, in each language and at each width: nothing leads sideways out of the
 * window, no text is cut without its whole being in a title, and axe finds nothing.
 */

let browser: Browser;
let server: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-layout-'));
  const config = path.join(folder, 'ostiary.yaml');
  writeFileSync(config, 'gate:\n  endpoints_in_store: true\n  upstreams: ["127.0.0.1"]\n');
  [browser, server] = await Promise.all([launchBrowser(), startServer(['--config', config])]);
  await furnish(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The last is what a window of 1280 leaves at a zoom of 400 %; one of 640 would be in between. */
const WIDTHS = [1920, 1280, 768, 390, 320];
/** What is cut off or leads out of the window. */
function faults(): string[] {
  const found: string[] = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > window.innerWidth) {
    const out = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > window.innerWidth + 1
    );
    found.push(`the page is ${scrollWidth} wide: ${out.pop()?.outerHTML.slice(0, 200)}`);
  }
  for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    const { overflowX, overflowY, visibility } = getComputedStyle(element);
    const hidden = visibility === 'hidden' || element.clientWidth <= 2 || element.clientHeight <= 2;
    if (!text || hidden || element.closest('[title], .sr-only, script, style')) {
      continue;
    }
    const cut = (overflow: string, whole: number, shown: number) =>
      ['hidden', 'clip'].includes(overflow) && whole > shown + 2;
    if (
      cut(overflowX, element.scrollWidth, element.clientWidth) ||
      cut(overflowY, element.scrollHeight, element.clientHeight)
    ) {
      found.push(`cut: ${element.textContent?.slice(0, 60)}`);
    }
  }
  // What was chosen in a list, or stands in an empty field, is text as well.
  const measure = document.createElement('canvas').getContext('2d')!;
  for (const field of document.body.querySelectorAll<HTMLInputElement>('input[role="combobox"][readonly]')) {
    measure.font = getComputedStyle(field).font;
    const { paddingLeft, paddingRight } = getComputedStyle(field);
    const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    if (field.clientWidth && measure.measureText(field.value || field.placeholder).width > room + 1) {
      found.push(`cut: ${field.value || field.placeholder}`);
    }
  }
  return found;
}

// The last is at which widths axe looks, which takes its time. looks.e2e has it look in both colours.
test.each([
  ['en-US', 'dark', [1280, 390]],
  ['de-DE', 'light', [390]],
  ['fr-FR', 'dark', [1280]],
] as const)(
  'nothing is cut and nothing leads out of the window, and axe finds nothing (%s, %s)',
  async (locale, colorScheme, axeAt: readonly number[]) => {
    const say = textsOf(locale);
    const visitor = await Visitor.arrive(browser, server, {
      locale,
      colorScheme,
      viewport: { width: 1280, height: 900 },
    });
    const { page } = visitor;
    const found: string[] = [];
    const look = async (name: string) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        found.push(...(await page.evaluate(faults)).map((fault) => `${name} at ${width}: ${fault}`));
        if (axeAt.includes(width)) {
          found.push(...(await visitor.axe()).map((fault) => `${name} at ${width}: ${fault}`));
        }
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    };
    await look('sign-in');
    await page.locator('input').first().fill(server.adminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe(locale);
    await tour(visitor, say, look);
    expect(found).toEqual([]);
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  },
  180_000
);

test('what is folded away in a form, the long name of a view, and endpoints keep to a phone', async () => {
  const visitor = await Visitor.arrive(browser, server, { viewport: { width: 390, height: 900 } });
  const { page } = visitor;
  const picture = async (name: string) => {
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `phone-${name}.png`) });
    }
  };
  await visitor.signIn();
  await visitor.open('Endpoints');
  await page.getByRole('table').waitFor();
  expect(await page.getByText('Let in, 7 days:').first().isVisible()).toBe(true);
  await picture('endpoints');
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  await visitor.dialog.getByText('Limits, further paths').click();
  const wide = await visitor.dialog.locator('details').evaluate((folded) => {
    const { right } = folded.getBoundingClientRect();
    return [...folded.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > right + 1).length;
  });
  expect(wide).toBe(0);
  await visitor.dialog.getByLabel('Further paths').scrollIntoViewIfNeeded();
  await picture('endpoint-form');
  await page.keyboard.press('Escape');

  await visitor.open('API keys');
  await page.getByLabel('Search keys').fill('role:agent ');
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  await page.getByLabel('Name').fill('What Ada and her people in the northern halls look after now');
  await visitor.button('Save view').click();
  await page.getByRole('button', { name: /^What Ada/ }).click();
  await page.getByRole('menuitem', { name: /^What Ada/ }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  for (const item of await page.getByRole('menuitem').all()) {
    const box = await item.boundingBox();
    expect(box!.x + box!.width).toBeLessThanOrEqual(390);
  }
  await picture('view');
  await visitor.leave();
}, 60_000);
