import type { Browser, Locator } from 'playwright-core';
import { expectSoon, launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * Where the system forces its own colours, as Windows does with high contrast: what only a background says elsewhere is
 * still to be seen.
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

const background = (of: Locator) => of.evaluate((element) => getComputedStyle(element).backgroundColor);
const adjust = (of: Locator) =>
  of.evaluate((element) => getComputedStyle(element).getPropertyValue('forced-color-adjust'));
const NONE = 'rgba(0, 0, 0, 0)';

test.each(['dark', 'light'] as const)(
  '%s: the present page is marked, and bars have their length',
  async (colorScheme) => {
    const visitor = await Visitor.arrive(browser, server, { forcedColors: 'active', colorScheme });
    const { page, dialog } = visitor;
    await visitor.signIn();
    const pages = page.getByRole('navigation').getByRole('link');
    const marked = async () => {
      const others = await background(pages.filter({ hasText: 'Settings' }));
      const present = await background(pages.and(page.locator('[aria-current=page]')));
      expect(present).not.toBe(others);
      expect(present).not.toBe(NONE);
      // Else the browser paints the canvas behind the words, and they are black on black.
      expect(await adjust(pages.and(page.locator('[aria-current=page]')))).toBe('none');
    };
    await expectSoon(marked);

    // The keys that are used most: the Admin's, by the requests of these pages.
    await visitor.open('Overview');
    const skip = visitor.button('Skip the first steps');
    await skip.or(page.getByRole('slider')).first().waitFor();
    if (await skip.isVisible()) {
      await skip.click();
    }
    const used = page.getByRole('list', { name: 'Which keys are used most' });
    await expectSoon(async () => {
      await visitor.open('Settings');
      await visitor.open('Overview');
      await used
        .getByText(/^\d+ let in$/)
        .first()
        .waitFor({ state: 'attached', timeout: 1000 });
    }, 60_000);
    const bar = used.locator('li > [aria-hidden] > div').first();
    const track = await background(used.locator('li > [aria-hidden]').first());
    await expectSoon(async () => expect([NONE, track]).not.toContain(await background(bar)));
    await expectSoon(marked);

    // What the arrows chose in a list.
    await page.keyboard.press('Control+k');
    const options = dialog.getByRole('option');
    await expectSoon(async () =>
      expect(await background(options.and(page.locator('[aria-selected=true]')))).not.toBe(
        await background(options.last())
      )
    );
    await page.keyboard.press('Escape');
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  }
);

test('the frame of a switch, which is there with forced colours alone, stays clear of the field above', async () => {
  const visitor = await Visitor.arrive(browser, server, { forcedColors: 'active' });
  const { page } = visitor;
  await visitor.signIn();
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Create (your first )?key/ })
    .first()
    .click();
  const any = page.locator('#key-any-tenant');
  await any.waitFor({ state: 'attached' });
  await expectSoon(async () => {
    const [field, frame] = await any.evaluate((input) => {
      // The outermost of the switch's own parts that has a frame.
      let framed: Element = input;
      for (let at: Element | null = input; at && !at.querySelector('#key-tenants'); at = at.parentElement) {
        framed = parseFloat(getComputedStyle(at).borderTopWidth) > 0 ? at : framed;
      }
      const above = document.querySelector('#key-tenants')!.parentElement!;
      return [above.getBoundingClientRect().bottom, framed.getBoundingClientRect().top];
    });
    expect(frame - field).toBeGreaterThanOrEqual(4);
  });
  if (process.env.FORCED_PICTURE) {
    await page.screenshot({ path: process.env.FORCED_PICTURE });
  }
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
});
