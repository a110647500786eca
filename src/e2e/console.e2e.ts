import type { Browser, Locator } from 'playwright-core';
import { curlGate, expectSoon, heapHolds, launchBrowser, Visitor } from './browser';
import type { KeyList } from '../api/types';
import { startServer, type Server } from './server';

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

/** Lets a visitor do something, who must have nothing to complain of at the end. */
async function visit(options: Parameters<typeof Visitor.arrive>[2], act: (visitor: Visitor) => Promise<void>) {
  const visitor = await Visitor.arrive(browser, server, options);
  await act(visitor);
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}

describe('signing in', () => {
  test('what is not a key, and what the server does not know, is refused on the field', () =>
    visit({}, async ({ page }) => {
      const field = page.getByLabel('API key');
      await field.fill('secret');
      await page.keyboard.press('Enter');
      await page.getByText('This is not a whole key').waitFor();
      await field.fill(`ost_${'a'.repeat(12)}_${'b'.repeat(49)}`);
      await page.keyboard.press('Enter');
      await expectSoon(async () => {
        expect(await page.getByRole('alert').textContent()).not.toContain('not a whole key');
        expect(await field.getAttribute('aria-invalid')).toBe('true');
      });
    }));

  test('the key is in memory only: a new document asks for it again', () =>
    visit({}, async (visitor) => {
      await visitor.signIn();
      await visitor.page.reload();
      await visitor.page.getByLabel('API key').waitFor();
    }));

  test('on request the tab keeps it, until one signs out', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      await page.getByText('Stay signed in until this tab is closed').click();
      await visitor.signIn();
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor();
      await visitor.button('Sign out').click();
      await page.getByLabel('API key').waitFor();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    }));

  test('another language is no end of the visit, and the tab does not keep the key for it', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      await visitor.signIn();
      await page.getByRole('combobox', { name: 'Language' }).click();
      await page.getByRole('option', { name: 'Deutsch' }).click();
      await page.getByRole('heading', { level: 1, name: 'API-Schlüssel' }).waitFor();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
      await page.reload();
      await page.getByLabel('API-Schlüssel').waitFor();
      expect(await page.getByRole('navigation').count()).toBe(0);
    }));

  test('a key that is refused meanwhile: one signs in again over the page, and what was typed stays', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      const { key, token } = await server.create({ name: 'short-lived', role: 'Admin' });
      await visitor.signIn(token);
      await visitor.button('Create key').click();
      await page.locator('#key-name').fill('typed-when-refused');
      await page.locator('#key-description').fill('and not lost');
      await server.api('POST', `/v1/keys/${key.id}/revoke`, {});
      await visitor.dialog.getByRole('button', { name: 'Create key' }).click();
      const again = page.getByRole('dialog', { name: 'Sign in again' });
      await again.getByText('Your key is no longer accepted').waitFor();
      expect(await visitor.axe()).toEqual([]);
      await page.keyboard.press('Escape');
      await again.getByLabel('API key').fill(server.adminKey);
      await again.getByRole('button', { name: 'Sign in' }).click();
      await again.waitFor({ state: 'detached' });
      await expectSoon(async () => {
        expect(await page.locator('#key-name').inputValue()).toBe('typed-when-refused');
        expect(await page.locator('#key-description').inputValue()).toBe('and not lost');
      });
      await visitor.dialog.getByRole('button', { name: 'Create key' }).click();
      await visitor.takeToken();
      await visitor.row('typed-when-refused').waitFor();
      await visitor.row('short-lived').getByText('Revoked').waitFor();
    }));

  test('who signs out instead leaves nothing to the next one', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      const { key, token } = await server.create({ name: 'leaving', role: 'Admin' });
      await visitor.signIn(token);
      await visitor.button('Create key').click();
      await page.locator('#key-name').fill('never-sent');
      await server.api('DELETE', `/v1/keys/${key.id}`);
      await visitor.dialog.getByRole('button', { name: 'Create key' }).click();
      await page.getByRole('dialog', { name: 'Sign in again' }).getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in to Ostiary' }).waitFor();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
      await visitor.signIn();
      await expectSoon(async () => expect(await visitor.dialog.count()).toBe(0));
    }));
});

test.each(['Viewer', 'Editor', 'Agent'] as const)('a %s sees what they may do, and why not more', (role) =>
  visit({}, async (visitor) => {
    const { token } = await server.create({ name: `as-${role}`, role });
    await visitor.signIn(token);
    const text = visitor.page.getByRole('main');
    await visitor.page.getByText('Keys are managed by administrators').waitFor();
    await expectSoon(async () => {
      expect(await text.textContent()).toContain(`as-${role} with the role ${role}`);
      expect(await text.textContent()).toContain('sign in with a key that has the Admin role');
      expect(await visitor.button('Create key').count()).toBe(0);
    });
    await visitor.open('Audit trail');
    await visitor.page.getByText('Keys are managed by administrators').waitFor();
  })
);

test('by keyboard alone: sign in, make a key, copy its token, disable it, revoke it', () =>
  visit({}, async (visitor) => {
    const { page } = visitor;
    const press = async (...keys: string[]) => {
      for (const key of keys) {
        await page.keyboard.press(key);
      }
    };
    /** Moves on until the element that has the focus is the one that is meant. */
    const tabTo = async (name: RegExp) => {
      for (let i = 0; i < 60; i++) {
        await press('Tab');
        // Behind the last element the focus is outside of the document, and then at its start.
        const label = await page.evaluate(() => {
          const e = document.activeElement;
          const labels = (e as HTMLInputElement | null)?.labels;
          return e?.matches(':focus')
            ? (e.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? e.textContent)
            : '';
        });
        if (name.test(label ?? '')) {
          return;
        }
      }
      throw new Error(`nothing called ${name} can be reached with Tab`);
    };

    await server.create({ name: 'there-already' });
    await page.keyboard.insertText(server.adminKey); // the field has the focus
    await press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.waitForLoadState('networkidle'); // what has the focus stays
    await tabTo(/^API keys$/);
    await press('Enter');
    await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor();
    await visitor.button('Read the list again').waitFor();

    await tabTo(/^Create key$/);
    await press('Enter');
    await visitor.dialog.waitFor();
    await expectSoon(async () => expect(await page.locator(':focus').getAttribute('id')).toBe('key-name'));
    await page.keyboard.insertText('by-keyboard');
    await press('Enter');
    await page.getByTestId('token').waitFor();
    await tabTo(/^Copy token$/);
    await press('Enter');
    await page.getByText('Copied', { exact: true }).waitFor();
    await press('Escape');
    await visitor.dialog.waitFor({ state: 'detached' });

    await tabTo(/^Actions for by-keyboard$/);
    await press('Enter');
    await page.getByRole('menuitem', { name: 'Edit' }).and(page.locator(':focus')).waitFor();
    await press('ArrowDown'); // Edit, then Disable
    await page.getByRole('menuitem', { name: 'Disable' }).and(page.locator(':focus')).waitFor();
    await press('Enter');
    await visitor.row('by-keyboard').getByText('Disabled').waitFor();

    await page.locator(':focus').waitFor();
    if (!(await page.locator(':focus').getAttribute('aria-label'))?.startsWith('Actions for')) {
      await tabTo(/^Actions for by-keyboard$/);
    }
    await press('Enter');
    await page.getByRole('menuitem', { name: 'Edit' }).and(page.locator(':focus')).waitFor();
    await press('ArrowDown', 'ArrowDown', 'ArrowDown'); // Enable, Rotate, Revoke
    await page.getByRole('menuitem', { name: 'Revoke' }).and(page.locator(':focus')).waitFor();
    await press('Enter');
    await page.locator('#confirm-name').and(page.locator(':focus')).waitFor();
    await page.keyboard.insertText('by-keyboard');
    await press('Enter');
    await visitor.dialog.waitFor({ state: 'detached' });
    await visitor.row('by-keyboard').getByText('Revoked').waitFor();
  }));

test('the palette leads to pages, keys, pools and acts, and the sheet names all keys', () =>
  visit({}, async (visitor) => {
    const { page, dialog } = visitor;
    await server.create({ name: 'palette-key' });
    await visitor.signIn();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^A page, a key/ }).fill('palette-k');
    await page.getByRole('option', { name: /^palette-key/ }).waitFor();
    expect(await visitor.axe()).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'palette-key' }).waitFor();
    await server.api('POST', '/v1/pools', { name: 'palette-pool' });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^A page, a key/ }).fill('palette-p');
    await page.getByRole('option', { name: 'palette-pool Pool' }).click();
    await expectSoon(async () => expect(new URL(page.url()).search).toBe('?pool=palette-pool'));
    await page.getByText('No key matches').waitFor();
    await page.keyboard.press('?');
    await dialog.getByText('Go to a page or a key, or do something').waitFor();
    expect(await visitor.axe()).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('k');
    await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor();
    await visitor.row('palette-key').waitFor();
    await page.keyboard.press('/');
    await expectSoon(async () => expect(await page.locator(':focus').getAttribute('id')).toBe('search'));
    await page.keyboard.insertText('role:agent palette');
    await expectSoon(async () => expect(new URL(page.url()).search).toBe('?q=palette&role=Agent'));
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('c');
    await dialog.getByLabel('Name').waitFor();
  }));

test('a dialog takes the focus and gives it back, also from a menu', () =>
  visit({}, async (visitor) => {
    const { page, dialog } = visitor;
    await server.create({ name: 'focused', pool: 'focused-pool' });
    await visitor.signIn();
    const focused = () =>
      page.evaluate(() => {
        const e = document.activeElement;
        return e?.id || e?.getAttribute('aria-label') || e?.textContent?.slice(0, 40);
      });
    for (const [action, field] of [
      ['Edit', 'key-name'],
      ['Revoke', 'confirm-name'],
      ['Delete', 'confirm-name'],
    ]) {
      await visitor.act('focused', action);
      await dialog.waitFor();
      await expectSoon(async () => expect(await focused()).toBe(field));
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expectSoon(async () => expect(await focused()).toBe('Actions for focused'));
    }
    await visitor.button('Create key').click();
    await expectSoon(async () => expect(await focused()).toBe('key-name'));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expectSoon(async () => expect(await focused()).toBe('Create key'));

    await visitor.open('Agent pools');
    await visitor.act('focused-pool', 'Remove');
    await expectSoon(async () => expect(await focused()).toBe('confirm-name'));
  }));

test('every page of the navigation can be read again and opened from a bookmark', () =>
  visit({}, async (visitor) => {
    const { page } = visitor;
    await page.getByText('Stay signed in until this tab is closed').click();
    await visitor.signIn();
    const links = await page.getByRole('navigation').getByRole('link').all();
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      await link.click();
      const title = (await link.textContent())!;
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      expect((await page.reload())?.status()).toBe(200);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
    }
  }));

test.each(['/', '/keys'])('the first page loads at most 350 kB of scripts (%s)', (first) =>
  visit({}, async (visitor) => {
    const { page } = visitor;
    await page.getByText('Stay signed in until this tab is closed').click();
    await visitor.signIn();
    await page.goto(server.url + first); // as a bookmark; nobody moves the mouse
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.js'))
        .map((entry) => (entry as PerformanceResourceTiming).encodedBodySize)
    );
    expect(scripts.length).toBeGreaterThan(1);
    expect(scripts.reduce((sum, size) => sum + size, 0)).toBeLessThan(350_000);
  })
);

test('owner, labels, tenants and limits: made, shown, changed together, and found by', () =>
  visit({}, async (visitor) => {
    const { page, dialog } = visitor;
    const seen = { owner: 'ada', labels: { team: 'web' }, tenants: ['team-b'] };
    await server.create({ name: 'has-them-all', ...seen });
    await visitor.signIn();
    await visitor.button('Create key').click();
    await dialog.getByLabel('Name').fill('with-owner');
    await dialog.getByLabel(/^Owner/).click();
    await page.getByRole('option', { name: 'ada' }).click();
    await dialog.getByLabel(/^Labels/).fill('team=sre');
    await page.keyboard.press('Enter');
    await dialog.getByLabel(/^Tenants/).fill('team-a,');
    await dialog.getByLabel('Requests per second').fill('50');
    await dialog.getByLabel('Bytes per second').fill('5 MB');
    expect(await visitor.axe()).toEqual([]);
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await visitor.takeToken();
    const { keys } = await server.api<KeyList>('GET', '/v1/keys?label=team%3Dsre&owner=ada&tenant=team-a');
    expect(keys).toMatchObject([
      { name: 'with-owner', tenants: ['team-a'], limits: { requestsPerSecond: 50, bytesPerSecond: 5_000_000 } },
    ]);

    await page.getByRole('link', { name: 'with-owner' }).click();
    await page.getByText('Bytes per second: 5 MB', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'team=sre' }).click();
    await expectSoon(async () => expect(await page.getByLabel('Search keys').inputValue()).toBe('label:team=sre'));
    await visitor.row('with-owner').waitFor();
    await expectSoon(async () => expect(await visitor.row('has-them-all').count()).toBe(0));

    await page.getByLabel('Select all keys on this page').check({ force: true });
    await visitor.button('More').click();
    await page.getByRole('menuitem', { name: 'Add a label' }).click();
    await dialog.getByLabel('Label, as name=value').fill('env=prod');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('1 of 1 keys changed.').waitFor();
    expect(await server.api('GET', `/v1/keys/${keys[0].id}`)).toMatchObject({ labels: { team: 'sre', env: 'prod' } });
    await visitor.button('Undo').click();
    await expectSoon(async () =>
      expect(await server.api('GET', `/v1/keys/${keys[0].id}`)).toMatchObject({ labels: { team: 'sre' } })
    );
  }));

test('a key that is disabled for a minute says until when', () =>
  visit({}, async (visitor) => {
    const { key } = await server.create({ name: 'paused' });
    await visitor.signIn();
    await visitor.act('paused', 'Disable for 1 minute');
    await visitor
      .row('paused')
      .getByText(/^until \d\d:\d\d:\d\d$/)
      .waitFor();
    expect(await server.api('GET', `/v1/keys/${key.id}`)).toMatchObject({ state: 'disabled', enabled: false });
    await visitor.button('Undo').click();
    await visitor.row('paused').getByText('Active').waitFor();
  }));

test('a list of suggestions that is empty is not there for screen readers', () =>
  visit({}, async (visitor) => {
    await visitor.signIn();
    await visitor.button('Create key').click();
    for (const label of ['Owner', 'Labels', 'Pool', 'Endpoints', 'Tenants']) {
      await visitor.dialog.getByLabel(new RegExp(`^${label}`)).fill('nothing-like-it');
      await expectSoon(async () =>
        expect(await visitor.page.getByRole('listbox').filter({ visible: true }).count()).toBe(0)
      );
      expect(await visitor.axe()).toEqual([]);
    }
  }));

test('each row of the list takes three stops of the Tab key: its box, its name, its menu', () =>
  visit({}, async (visitor) => {
    await server.create({ name: 'tabbed', expiresIn: '3d' });
    await visitor.signIn();
    const row = visitor.row('tabbed');
    await row.waitFor();
    expect(
      await row.evaluate((tr) => [...tr.querySelectorAll<HTMLElement>('*')].filter((e) => e.tabIndex >= 0).length)
    ).toBe(3);
  }));

test('a time is exact when it is pointed at', () =>
  visit({}, async (visitor) => {
    await server.create({ name: 'ending-soon', expiresIn: '3d' });
    await visitor.signIn();
    const row = visitor.row('ending-soon');
    await row.getByText('in 3 days').waitFor();
    expect(await row.innerHTML()).toContain('Expires soon');
    await row.getByText('in 3 days').hover();
    await visitor.page
      .getByRole('tooltip')
      .getByText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
      .waitFor();
  }));

test('a token is gone from the memory of the page once its dialog was closed', () =>
  visit({}, async (visitor) => {
    await visitor.signIn();
    await visitor.button('Create key').click();
    await visitor.dialog.getByLabel('Name').fill('forgotten');
    await visitor.dialog.getByRole('button', { name: 'Create key' }).click();
    const token = await visitor.token();
    expect(await heapHolds(visitor.page, token)).toBe(true);
    await visitor.button('Done').click();
    await visitor.button('Close without copying').click();
    await visitor.dialog.waitFor({ state: 'detached' });
    await visitor.open('Audit trail');
    await expectSoon(async () => expect(await heapHolds(visitor.page, token)).toBe(false), 20_000);
  }));

describe('what was typed', () => {
  test('is asked about before Escape throws it away', () =>
    visit({}, async (visitor) => {
      const { page, dialog } = visitor;
      await visitor.signIn();
      await visitor.button('Create key').click();
      await page.locator('#key-name').waitFor();
      await page.keyboard.press('Escape'); // nothing typed, nothing asked
      await dialog.waitFor({ state: 'detached' });

      await visitor.button('Create key').click();
      await page.locator('#key-name').fill('half-done');
      await page.keyboard.press('Escape');
      await dialog.getByText('Discard what you typed?').waitFor();
      expect(await visitor.axe()).toEqual([]);
      await page.keyboard.press('Escape');
      await dialog.getByText('Discard what you typed?').waitFor({ state: 'detached' });
      await dialog.getByRole('button', { name: 'Close' }).click();
      await visitor.button('Keep editing').click();
      await expectSoon(async () => expect(await page.locator('#key-name').inputValue()).toBe('half-done'));
      await page.keyboard.press('Escape');
      await visitor.button('Discard').click();
      await dialog.waitFor({ state: 'detached' });
      await visitor.button('Create key').click();
      await expectSoon(async () => expect(await page.locator('#key-name').inputValue()).toBe(''));
    }));

  test('is there again after a reload, and the tab never keeps a token', () =>
    visit({}, async (visitor) => {
      const { page, dialog } = visitor;
      await visitor.signIn();
      await visitor.button('Create key').click();
      await page.locator('#key-name').fill('over-a-reload');
      await page.locator('#key-allowedCidrs').fill('10.0.0.0/8');
      await dialog.getByRole('radio', { name: /^Viewer/ }).check({ force: true });
      await page.reload();
      await page.getByLabel('API key').fill(server.adminKey);
      await visitor.button('Sign in').click();
      await dialog.getByText('What you typed before is here again').waitFor();
      await expectSoon(async () => {
        expect(await page.locator('#key-name').inputValue()).toBe('over-a-reload');
        expect(await page.locator('#key-allowedCidrs').inputValue()).toBe('10.0.0.0/8');
        expect(await dialog.getByRole('radio', { name: 'Viewer' }).isChecked()).toBe(true);
      });

      await page.locator('#key-description').fill(`its token is ost_${'a'.repeat(12)}_${'b'.repeat(49)}`);
      expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('ost_');
      await page.locator('#key-description').fill('');
      await dialog.getByRole('button', { name: 'Create key' }).click();
      await visitor.takeToken();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);

      await page.getByRole('link', { name: 'over-a-reload' }).click();
      await visitor.button('Edit').click();
      await page.locator('#key-description').fill('half a sentence');
      await page.reload();
      await page.getByLabel('API key').fill(server.adminKey);
      await visitor.button('Sign in').click();
      await dialog.getByText('What you typed before is here again').waitFor();
      await expectSoon(async () => expect(await page.locator('#key-description').inputValue()).toBe('half a sentence'));
      await visitor.button('Start afresh').click();
      await expectSoon(async () => expect(await page.locator('#key-description').inputValue()).toBe(''));
      await visitor.button('Cancel').click();
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    }));
});

test('a key that was disabled is enabled again from where that was said', () =>
  visit({}, async (visitor) => {
    const { token } = await server.create({ name: 'by-mistake' });
    await visitor.signIn();
    await visitor.act('by-mistake', 'Disable');
    await visitor.page.getByRole('status').getByText('Disabled “by-mistake”').waitFor();
    await visitor.row('by-mistake').getByText('Disabled').waitFor();
    expect(await curlGate(server, token)).toBe(401);
    expect(await visitor.axe()).toEqual([]);
    await visitor.button('Undo').click();
    await visitor.row('by-mistake').getByText('Active').waitFor();
    expect(await curlGate(server, token)).toBe(200);
    await expectSoon(async () => expect(await visitor.button('Undo').count()).toBe(0));
  }));

test('no letter or digit changes anything by itself, wherever the focus is', () =>
  visit({}, async (visitor) => {
    const { page } = visitor;
    await server.create({ name: 'untouched' });
    const changes: string[] = [];
    page.on('request', (request) => request.method() === 'GET' || changes.push(request.url()));
    await visitor.signIn();
    const row = visitor.row('untouched');
    for (const place of [row.getByRole('checkbox'), row.getByRole('link'), row.getByRole('button')]) {
      for (const key of [...'abcdefghijklmnopqrstuvwxyz0123456789#?/', 'Delete', 'Backspace']) {
        await place.focus();
        await page.keyboard.press(key);
        // Some open a dialog, or lead elsewhere, from some places; none of it changes anything.
        await page.waitForTimeout('ct?'.includes(key) ? 500 : 0);
        if (await visitor.dialog.count()) {
          await page.keyboard.press('Escape');
          await visitor.dialog.waitFor({ state: 'hidden' });
        }
      }
    }
    await visitor.button('Actions for untouched').click();
    for (const letter of 'drxe') {
      await page.keyboard.press(letter);
    }
    await expectSoon(async () => expect(await visitor.dialog.count()).toBe(0));
    expect(changes).toEqual([]);
  }));

test.each([
  [1440, 900],
  [1280, 800],
  [1024, 640],
  [390, 700],
])('nothing of the form hides behind its buttons, and the first fault comes into sight (%i × %i)', (width, height) =>
  visit({ viewport: { width, height } }, async (visitor) => {
    const { page, dialog } = visitor;
    await visitor.signIn();
    await page
      .getByRole('main')
      .getByRole('button', { name: /^Create (key|your first key)$/ })
      .click();
    const submit = dialog.getByRole('button', { name: 'Create key' });
    await submit.waitFor();
    /** Whether what is seen at the middle of something is in its field, and not the buttons that lie over it. */
    const inSight = (part: Locator) =>
      part.evaluate((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        const seen = document.elementFromPoint(x + width / 2, y + height / 2);
        return Boolean(seen && element.closest('form > div > div > div > *')?.contains(seen));
      });
    if (width >= 1024 && height >= 800) {
      for (const field of await dialog.locator('input:visible, textarea, label:visible').all()) {
        const name = await field.evaluate((e) => e.id || e.textContent);
        expect([name, await inSight(field)]).toEqual([name, true]);
      }
    }
    await submit.click();
    await expectSoon(async () => expect(await inSight(dialog.getByText('Give the key a name.'))).toBe(true));
    await expectSoon(async () => expect(await page.locator(':focus').getAttribute('id')).toBe('key-name'));

    await page.locator('#key-name').fill('wrong-addresses');
    await page.locator('#key-allowedCidrs').fill('nowhere');
    await submit.click();
    await expectSoon(async () =>
      expect(await inSight(dialog.getByText('“nowhere” is no address and no block'))).toBe(true)
    );
    await expectSoon(async () => expect(await page.locator(':focus').getAttribute('id')).toBe('key-allowedCidrs'));

    await page.locator('#key-allowedCidrs').fill('');
    await visitor.choose('Seconds');
    await submit.click();
    await expectSoon(async () => expect(await inSight(dialog.getByText('Enter a whole number of seconds'))).toBe(true));
    expect(await visitor.axe()).toEqual([]);
  })
);

test('while the server is down a banner says so, what was typed stays, and all goes on by itself', () =>
  visit({}, async (visitor) => {
    const { page, dialog } = visitor;
    await visitor.signIn();
    await visitor.button('Create key').click();
    await dialog.getByLabel('Name').fill('typed-before');
    await server.halt();
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await dialog.getByText('It is not known whether this was done').waitFor();
    await page.getByText('What you typed stays').waitFor({ state: 'attached' });
    await expectSoon(async () => expect(await dialog.getByLabel('Name').inputValue()).toBe('typed-before'));

    await server.restart();
    await page.getByText('What you typed stays').waitFor({ state: 'detached', timeout: 20_000 });
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await visitor.takeToken();
    await visitor.row('typed-before').waitFor();
  }));

test('it speaks German', () =>
  visit({ locale: 'de-AT' }, async ({ page }) => {
    await page.getByLabel('API-Schlüssel').fill(server.adminKey);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByRole('heading', { level: 1, name: 'Übersicht' }).waitFor();
    await expectSoon(async () => expect(await page.locator('html').getAttribute('lang')).toBe('de-DE'));
    await page.getByRole('link', { name: 'API-Schlüssel' }).click();
    await page.getByRole('button', { name: 'Schlüssel anlegen' }).click();
    await page.getByText('Daten senden und sonst nichts').waitFor();
  }));

test('the settings tell the policy in force and the state of the server', () =>
  visit({}, async (visitor) => {
    await visitor.signIn();
    await visitor.open('Settings');
    const main = visitor.page.getByRole('main');
    await main.getByText('90 days').waitFor();
    await expectSoon(async () => {
      expect(await main.textContent()).toMatch(/No limit.*Admin, Editor, Viewer, Agent.*SQLite.*Works/);
      expect(await main.textContent()).toContain(server.gate.replace('http://', ''));
    });
  }));

describe('with a thousand keys', () => {
  beforeAll(async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `load-${String(i).padStart(4, '0')}`);
    while (names.length) {
      await Promise.all(
        names.splice(0, 20).map((name, i) => server.create({ name, role: i % 2 ? 'Viewer' : 'Agent' }))
      );
    }
  });

  test('pages, search, filters and order come from the server', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      await visitor.signIn();
      const range = page.getByRole('status').filter({ hasText: /of [\d,]+$/ });
      await expectSoon(async () => expect(await range.textContent()).toMatch(/^1–50 of 1,0\d\d$/));

      await page.getByLabel('Search keys').fill('LOAD-09');
      await expectSoon(async () => expect(await range.textContent()).toBe('1–50 of 100'));
      expect(new URL(page.url()).search).toBe('?q=LOAD-09');
      await visitor.row('load-0900').waitFor();
      await visitor.button('Next').click();
      await expectSoon(async () => expect(await range.textContent()).toBe('51–100 of 100'));
      await visitor.row('load-0999').waitFor();
      await expectSoon(async () => expect(await visitor.button('Next').isDisabled()).toBe(true));
      await visitor.button('Previous').click();
      await visitor.row('load-0900').waitFor();

      await page.getByRole('button', { name: 'Name' }).click();
      await visitor.row('load-0999').waitFor();
      await expectSoon(async () =>
        expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending')
      );

      await page.getByRole('combobox', { name: 'Role' }).click();
      await page.getByRole('option', { name: 'Viewer' }).click();
      await expectSoon(async () => expect(await range.textContent()).toBe('1–50 of 50'));
      await page.getByRole('combobox', { name: 'State' }).click();
      await page.getByRole('option', { name: 'Revoked' }).click();
      await page.getByText('No key matches').waitFor();
    }));

  test('pages are in the address: Back leads to the one before, a reload shows the same, and so does a link', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      await page.getByText('Stay signed in until this tab is closed').click();
      await visitor.signIn();
      const range = page.getByRole('status').filter({ hasText: /of [\d,]+$/ });
      const shows = (text: string) => expectSoon(async () => expect(await range.textContent()).toContain(text));
      await page.getByLabel('Search keys').fill('load-0');
      await shows('1–50 of 1,000');
      await visitor.button('Next').click();
      await shows('51–100');
      await visitor.button('Next').click();
      await shows('101–150');
      const third = page.url();
      await page.getByRole('link', { name: 'load-0120' }).click();
      await page.getByRole('heading', { level: 1, name: 'load-0120' }).waitFor();

      await page.goBack();
      await shows('101–150');
      await visitor.row('load-0120').waitFor();
      await page.goBack();
      await shows('51–100');
      await page.goForward();
      await shows('101–150');
      await page.reload();
      await shows('101–150');
      await visitor.button('Previous').click();
      await shows('51–100');
      await visitor.row('load-0051').waitFor();

      const other = await page.context().newPage();
      await other.goto(third);
      await other.getByLabel('API key').fill(server.adminKey);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await other.getByRole('link', { name: 'load-0120' }).waitFor();
      await other.getByRole('button', { name: 'Previous' }).click();
      await other.getByRole('link', { name: 'load-0000' }).waitFor();
      await other.goto(`${server.url}/keys?cursor=of-another-server&p=7`);
      await other.getByLabel('API key').fill(server.adminKey);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await other.getByRole('link', { name: 'load-0000' }).waitFor();
      await expectSoon(async () => expect(await other.getByRole('row').count()).toBe(51));
      expect(new URL(other.url()).search).toBe('');
    }));

  test('a row is made of nothing that is slow to make', () =>
    visit({}, async (visitor) => {
      const { page } = visitor;
      await page.addInitScript(() => {
        const made = { pictures: 0, formats: 0 };
        Object.assign(window, { made });
        const parse = DOMParser.prototype.parseFromString;
        DOMParser.prototype.parseFromString = function (...args) {
          made.pictures++;
          return parse.apply(this, args);
        };
        for (const name of ['RelativeTimeFormat', 'NumberFormat', 'DateTimeFormat'] as const) {
          const Format = Intl[name] as new (...args: unknown[]) => object;
          (Intl as unknown as Record<string, unknown>)[name] = new Proxy(Format, {
            construct: (target, args) => (made.formats++, Reflect.construct(target, args)),
          });
        }
      });
      const cost = async (search: string) => {
        await page.goto(`${server.url}/keys${search}`);
        await visitor.signIn();
        await page
          .getByRole('status')
          .filter({ hasText: /of [\d,]+$/ })
          .waitFor();
        return page.evaluate(() => (window as unknown as { made: { pictures: number; formats: number } }).made);
      };
      const few = await cost('?q=load-&rows=25'); // has every kind of icon that many have
      const many = await cost('?q=load-&rows=100');
      await expectSoon(async () => expect(await page.getByRole('row').count()).toBe(101));
      // Of 75 rows more, none makes any. A picture that several ask for at once is made a few times more or less.
      expect(many.pictures - few.pictures).toBeLessThan(25);
      expect(many.formats - few.formats).toBeLessThan(5);
    }));
});
