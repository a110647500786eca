import type { Browser } from 'playwright-core';
import { launchBrowser, Visitor } from './browser';
import { startServer, type Server } from './server';

/*
 * Every page and dialog in German, searched for what is still English: also what a screen reader says, and what
 * @grafana/ui adds. Names of roles, products and files are the same in both; what the server says is in English.
 */

/** English words that no German text has. */
const ENGLISH =
  /\b(the|and|of|is|are|be|keys?|close|clear|copy|copied|search|select|loading|options?|value|never|by|from|role|state|name of|expires?|created?|delete|remove|revoke|rotate|settings|sign|page|rows|next|previous|cancel|save|works?|all|no|with|this|it|you|your|days?|hours?|ago)\b/i;

let browser: Browser;
let server: Server;
let visitor: Visitor;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  const { key } = await server.create({ name: 'alpha-1', pool: 'werk-7', endpoints: ['pyroscope'] });
  await server.create({ name: 'alpha-2', role: 'Viewer', expiresIn: 3 * 24 * 3600 });
  await server.api('PATCH', `/v1/keys/${key.id}`, { description: 'Pressen in Halle 3' });
  visitor = await Visitor.arrive(browser, server, { locale: 'de-DE' });
});
afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

/** What can be read or heard on the page, and is English. */
async function english(): Promise<string[]> {
  const texts = await visitor.page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // Code is not prose, and what the server writes is marked as English.
      if (!node.parentElement?.closest('script, style, pre, code, noscript, [lang="en"]')) {
        found.push(node.textContent ?? '');
      }
    }
    for (const element of document.body.querySelectorAll('*')) {
      for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description']) {
        found.push(element.getAttribute(name) ?? '');
      }
    }
    return [document.title, ...found].map((text) => text.trim()).filter(Boolean);
  });
  return [...new Set(texts)];
}

const look = async (where: string) => {
  // The names of search terms are the same in every language, and quoted texts are their authors' own.
  const words = (await english()).map((text) => text.replace(/\b(role|pool|state):\S+|“[^”]*”|„[^“]*“/g, ''));
  const left = words.filter((text) => ENGLISH.test(text)).map((text) => `${where}: ${text}`);
  expect(left).toEqual([]);
};

test('no English is left on any page', async () => {
  const { page, dialog } = visitor;
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
  const cancel = async () => {
    await button('Abbrechen').click();
    await dialog.waitFor({ state: 'detached' });
  };
  const menu = async (name: string, item: string) => {
    await button(`Aktionen für ${name}`).click();
    await look(`menu of ${name}`);
    await page.getByRole('menuitem', { name: item, exact: true }).click();
    await dialog.waitFor();
  };

  await look('sign-in');
  await button('Anmelden').click();
  await page.getByRole('alert').waitFor();
  await look('sign-in, refused');
  await page.getByLabel('API-Schlüssel').fill(server.adminKey);
  await button('Anmelden').click();
  await page.getByRole('list', { name: 'Erste Schritte' }).waitFor();
  await look('first steps');
  await button('Die ersten Schritte überspringen').click();
  await page.getByRole('slider').waitFor();
  await look('overview');
  await fetch(`${server.gate}/auth?endpoint=loki`);
  await page.getByRole('link', { name: 'Abgelehnt' }).first().click();
  await page.getByText('Kein Schlüssel gesendet').first().waitFor();
  await look('refused');
  await page.getByRole('navigation').getByRole('link', { name: 'Endpunkte' }).click();
  await page.getByText('Adresse des Tors').waitFor();
  await look('endpoints');
  await page.getByRole('link', { name: 'API-Schlüssel' }).click();
  await visitor.row('alpha-1').waitFor();
  await look('keys');

  await page.getByRole('combobox', { name: 'Zustand' }).click();
  await look('states');
  await page.keyboard.press('Escape');
  await page.getByLabel('Schlüssel suchen').fill('gibt es nicht');
  await page.getByText('Kein Schlüssel passt').waitFor();
  await look('none found');
  await page.getByLabel('Schlüssel suchen').fill('');
  await visitor.row('alpha-1').waitFor();

  await button('Schlüssel anlegen').click();
  await dialog.waitFor();
  await look('create');
  await dialog.getByRole('button', { name: 'Schlüssel anlegen' }).click();
  await dialog.getByRole('alert').first().waitFor();
  await look('create without a name');
  await dialog.locator('#key-name').fill('alpha-1');
  await dialog.locator('#key-pool').fill('neu');
  await look('create with a new pool');
  await dialog.getByRole('button', { name: 'Schlüssel anlegen' }).click();
  await dialog.getByText('Der Name ist vergeben').waitFor();
  await look('create with a taken name');
  await dialog.locator('#key-name').fill('alpha-3');
  await dialog.getByRole('button', { name: 'Schlüssel anlegen' }).click();
  await page.getByTestId('token').waitFor();
  await look('token');
  await dialog.getByRole('tab').first().waitFor();
  await look('token and snippets');
  await button('Fertig').click();
  await look('token, not copied');
  await button('Token kopieren').click();
  await page.getByText('Kopiert', { exact: true }).waitFor();
  await look('token, copied');
  await button('Fertig').click();
  await dialog.waitFor({ state: 'detached' });

  for (const item of ['Erneuern', 'Widerrufen', 'Löschen', 'Bearbeiten']) {
    await menu('alpha-2', item);
    await look(item);
    await cancel();
  }
  await visitor.row('alpha-1').locator('label').click();
  await visitor.row('alpha-2').locator('label').click();
  await look('chosen');
  await button('Widerrufen').click();
  await dialog.waitFor();
  await look('bulk');
  await cancel();
  await button('Deaktivieren').click();
  await dialog.getByRole('button', { name: 'Deaktivieren' }).click();
  await dialog.getByText('2 von 2').waitFor();
  await look('bulk, finished');
  await dialog.getByRole('button', { name: 'Schließen' }).last().click();
  await look('disabled');

  await page.getByRole('link', { name: 'alpha-1', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'alpha-1' }).waitFor();
  await page.getByRole('cell', { name: 'Angelegt' }).waitFor();
  await look('details');
  await page.getByRole('link', { name: 'Agenten-Pools' }).click();
  await visitor.row('werk-7').waitFor();
  await look('pools');
  await button('Pool anlegen').click();
  await dialog.waitFor();
  await look('create a pool');
  await cancel();
  for (const item of ['Alle Schlüssel widerrufen', 'Entfernen']) {
    await menu('werk-7', item);
    await look(item);
    await cancel();
  }
  await page.getByRole('link', { name: 'Protokoll' }).click();
  await page.getByRole('cell', { name: 'Angelegt' }).first().waitFor();
  await look('audit trail');
  await page.getByRole('link', { name: 'Einstellungen' }).click();
  await page.getByText('SQLite').waitFor();
  await page.getByText(/aktuell bis auf \d+,\d s/).waitFor();
  await look('settings');
  await server.halt();
  await page.getByRole('link', { name: 'API-Schlüssel' }).click();
  await page.getByText('Der Server ist nicht erreichbar').first().waitFor();
  await look('outage');
}, 180_000);
