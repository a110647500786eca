import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Locator } from 'playwright-core';
import type { KeyList } from '../api/types';
import { expectSoon, type Visitor } from './browser';
import { DAMAGED, type Server } from './server';
import { linkTo, ON_TOUR, type Say } from './tour';

/*
 * What the tour of pages and dialogs passes by: mistakes, outcomes, menus, and what is not there. Whatever is made on
 * the way is gone at the end, so that the same server can be looked at again.
 */

/** What a state is looked at with. */
type Look = (name: string) => Promise<void>;

/** Adds to a furnished server what these states need: keys that push, are refused, over, or pause. */
export async function furnishStates(server: Server): Promise<void> {
  const ask = (token: string) =>
    fetch(`${server.gate}/auth?endpoint=traces-of-the-plant`, { headers: { Authorization: `Bearer ${token}` } });
  const tenants = ['team-a'];
  const { token } = await server.create({ name: 'pushes', tenants, endpoints: ['traces-of-the-plant'] });
  await Promise.all(Array.from({ length: 12 }, () => ask(token)));
  // It is refused for its address.
  const { token: away } = await server.create({ name: 'from-elsewhere', tenants, allowedCidrs: ['10.0.0.0/8'] });
  await ask(away);
  const { key: over } = await server.create({ name: 'was-revoked', role: 'Viewer' });
  await server.api('POST', `/v1/keys/${over.id}/revoke`, {});
  const { key: paused } = await server.create({ name: 'is-paused', role: 'Editor', tenants: ['*'] });
  await server.api('PATCH', `/v1/keys/${paused.id}`, { enabled: false, disabledFor: '10h' });
}

/** Looks at each state. */
export async function states(visitor: Visitor, say: Say, look: Look): Promise<void> {
  const it = new Sights(visitor, say, look);
  await verdicts(it);
  await making(it);
  await menus(it);
  await bulk(it);
  await takingOver(it);
  await keyPages(it);
  await surprises(it);
  await repairs(it);
}

/** Looks at the page without a key and without an endpoint. */
export async function nothingYet(visitor: Visitor, say: Say, look: Look): Promise<void> {
  const it = new Sights(visitor, say, look);
  await it.open('overview.title', 'ol');
  await look('overview');
  await it.button('verify.title').click();
  await look('verify');
  await it.leave();
  await it.open('keys.title', 'button');
  await it.button('keys.create-first').waitFor();
  await look('keys');
  await it.button('keys.create-first').click();
  await it.dialog.locator('#key-name').waitFor();
  await look('create');
  await it.leave();
  await it.button('import.title').click();
  await it.dialog.locator('#import-file').waitFor();
  await look('import');
  await it.leave();
  await it.open('pools.title', 'button');
  await it.page.getByText(say('pools.none')).waitFor();
  await look('pools');
  await it.open('refused.title', 'h1, h3, p');
  await it.page.getByText(say('refused.none')).first().waitFor();
  await look('refused');
  await it.open('endpoints.title', 'button');
  await it.page.getByText(say('endpoints.none')).first().waitFor();
  await look('endpoints');
  await it.button('endpoints.create', it.main).click();
  await it.dialog.locator('#endpoint-path').waitFor();
  await look('endpoint-create');
  await it.leave();
  await it.open('audit.title', 'tbody tr');
  await look('audit');
}

/** What every state needs of the page. */
class Sights {
  constructor(
    readonly visitor: Visitor,
    readonly say: Say,
    readonly look: Look
  ) {}

  get page() {
    return this.visitor.page;
  }
  get dialog() {
    return this.visitor.dialog;
  }
  get server() {
    return this.visitor.server;
  }
  get main() {
    return this.page.getByRole('main');
  }

  button(text: string, within: Locator = this.page.locator('body')): Locator {
    return within.getByRole('button', { name: this.say(text), exact: true }).first();
  }
  async open(title: string, sign: string): Promise<void> {
    const name = this.say(title);
    await linkTo(this.visitor, this.say, title).click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
    await this.main.locator(sign).first().waitFor({ timeout: 20_000 });
  }
  /** Closes the dialog. */
  async leave(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.dialog.waitFor({ state: 'detached' });
  }
  /** Opens a menu, looks at it, and closes it. */
  async menu(name: string, opener: Locator): Promise<void> {
    await opener.click();
    await this.page.getByRole('menu').waitFor();
    await this.look(name);
    await this.page.keyboard.press('Escape');
    await this.page.getByRole('menu').waitFor({ state: 'detached' });
  }
  async choose(opener: Locator, item: string): Promise<void> {
    await opener.click();
    await this.page.getByRole('menuitem', { name: this.say(item), exact: true }).click();
  }
  /** Chooses an item of a menu, looks at the dialog that comes, and leaves it. */
  async dialogOf(name: string, opener: Locator, item?: string): Promise<void> {
    await (item ? this.choose(opener, item) : opener.click());
    await this.dialog.waitFor();
    await this.look(name);
    await this.leave();
  }
  menuOf = (row: string) => this.page.getByRole('button', { name: this.say('menu.label', { name: row }) });
  /** Shows the keys with a word in them. */
  async search(text: string): Promise<void> {
    await this.open('keys.title', 'tbody tr, h3');
    await this.page.locator('#search').fill(text);
    await this.page.keyboard.press('Enter');
    await this.page.keyboard.press('Escape');
  }
  async keyPage(name: string): Promise<void> {
    await this.search(name);
    await this.page.getByRole('link', { name, exact: true }).click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
    await this.main.locator('table').last().waitFor();
  }
  /** Removes the keys with a word in their names. */
  async forget(word: string): Promise<void> {
    for (const { id, name } of (await this.server.api<KeyList>('GET', `/v1/keys?q=${word}`)).keys) {
      if (name.includes(word)) {
        await this.server.api('DELETE', `/v1/keys/${id}`);
      }
    }
  }
}

/** Whose a token is, and where it would be let in. */
async function verdicts(it: Sights): Promise<void> {
  const { token, key } = await it.server.create({ name: 'whose-is-it', role: 'Viewer', allowedCidrs: ['10.0.0.0/8'] });
  await it.open('overview.title', 'section, ol, [role=slider]');
  await it.button('verify.title').click();
  const check = async (name: string, typed: string, request: string) => {
    await it.dialog.locator('#verify-token').fill(typed);
    await it.dialog.locator('#verify-request').fill(request);
    await it.button('verify.button', it.dialog).click();
    await it.dialog.getByRole('alert').or(it.dialog.getByRole('status')).first().waitFor();
    await it.look(name);
  };
  await check('verify-none', 'nonsense', '');
  await check('verify-found', token, 'POST /loki/api/v1/push');
  await it.leave();
  await it.server.api('DELETE', `/v1/keys/${key.id}`);
}

/** A key that cannot be made, and one whose token is shown. */
async function making(it: Sights): Promise<void> {
  await it.open('keys.title', 'tbody tr');
  await it.button('keys.create', it.main).click();
  await it.dialog.locator('#key-name').waitFor();
  const send = () => it.dialog.locator('button[type=submit]').click();
  await send();
  await it.dialog.getByRole('alert').first().waitFor();
  await it.look('create-nameless');
  await it.dialog.getByRole('button', { name: 'Alloy', exact: true }).click();
  await it.dialog.locator('#key-name').fill(ON_TOUR.key);
  await send();
  await it.dialog.getByRole('alert').first().waitFor();
  await it.look('create-taken');
  await it.dialog.locator('#key-name').fill('made-on-tour');
  await send();
  await it.page.getByTestId('token').waitFor();
  await it.look('token');
  await it.button('token.done').click();
  await it.button('token.close-anyway').waitFor();
  await it.look('token-not-copied');
  await it.button('token.close-anyway').click();
  await it.dialog.waitFor({ state: 'detached' });
  await it.forget('made-on-tour');
}

/** Menus, suggestions, and a search that finds nothing. */
async function menus(it: Sights): Promise<void> {
  await it.search('');
  await it.menuOf(ON_TOUR.key).waitFor();
  await it.menu('menu', it.menuOf(ON_TOUR.key));
  await it.menu('menu-views', it.button('view.title'));
  await it.menu('menu-export', it.button('export.or-import'));
  await it.button('columns.title').click();
  await it.page.getByRole('checkbox', { name: it.say('key.tenants') }).waitFor();
  await it.look('menu-columns');
  await it.page.keyboard.press('Escape');
  await it.page.locator('#search').fill('role:');
  await it.page.getByRole('option').first().waitFor();
  await it.look('search');
  await it.page.keyboard.press('Escape');
  await it.page.locator('#search').fill('nothing-is-called-so');
  await it.page.getByText(it.say('keys.none-found')).waitFor();
  await it.look('none-found');
  await it.page.locator('#search').fill('');
  await it.menuOf(ON_TOUR.key).waitFor();
  await it.open('audit.title', 'tbody tr');
  await it.menu('menu-audit-export', it.button('export.title'));
}

/** What is done to several keys at once. */
async function bulk(it: Sights): Promise<void> {
  await it.search('ends-soon');
  await it.visitor.row('ends-soon').waitFor();
  await it.page.getByRole('row').nth(1).and(it.visitor.row('ends-soon')).waitFor();
  await it.main.locator('thead label').first().click();
  const more = it.button('bulk.more-actions');
  await it.menu('menu-bulk', more);
  for (const [name, item] of Object.entries({
    'bulk-extend': 'bulk.extend-button',
    'bulk-pool': 'bulk.move-to',
    'bulk-owner': 'bulk.set-owner',
    'bulk-label': 'bulk.label-add',
  })) {
    await it.dialogOf(name, more, item);
  }
  await it.dialogOf('bulk-disable', it.button('action.disable'));
  await it.dialogOf('bulk-delete', it.button('action.delete'));
  await it.choose(more, 'bulk.label-add');
  await it.dialog.locator('input').first().fill('team=press');
  await it.dialog.locator('button[type=submit]').click();
  await it.dialog.getByRole('progressbar').waitFor();
  await it.button('undo.button', it.dialog).waitFor();
  await it.look('bulk-done');
  await it.button('undo.button', it.dialog).click();
  // The dialog stays as long as it is being undone.
  await expectSoon(async () => {
    await it.page.keyboard.press('Escape');
    expect(await it.dialog.count()).toBe(0);
  }, 20_000);
  if (!(await it.button('action.rotate').isVisible())) {
    await it.main.locator('thead label').first().click();
  }
  await it.button('action.rotate').click();
  await it.dialog.locator('button[type=submit]').click();
  await it.page.getByTestId('token').first().waitFor();
  await it.look('bulk-rotated');
  await it.button('token.done').click();
  await it.button('token.close-anyway').waitFor();
  await it.look('bulk-rotated-not-kept');
  await it.button('token.close-anyway').click();
  await it.dialog.waitFor({ state: 'detached' });
}

/** The secret is one that the program itself made; nothing but its hash is in the database. */
const KUMA = `CREATE TABLE user (id INTEGER PRIMARY KEY, username TEXT NOT NULL);
  INSERT INTO user VALUES (1, 'admin');
  CREATE TABLE setting (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT, type TEXT);
  CREATE TABLE api_key (id INTEGER PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, user_id INTEGER NOT NULL,
    created_date DATETIME DEFAULT (DATETIME('now')) NOT NULL, active BOOLEAN DEFAULT 1 NOT NULL, expires DATETIME);
  INSERT INTO api_key (id, key, name, user_id, created_date) VALUES
    (1, '$2a$04$a/oIwT3hYZc3qiA6rvyqX..isfGmsOQGxuKDYyFbzgWdjmgRLDU7K', 'kuma-prometheus', 1, '2023-04-05 06:07:08');
  INSERT INTO api_key (id, key, name, user_id) VALUES (3, 'no hash at all', 'kuma-broken', 1);`;

/** Keys of another program are taken over. */
async function takingOver(it: Sights): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-states-'));
  const file = path.join(folder, 'kuma.db');
  execFileSync('sqlite3', [file, KUMA]);
  await it.search('');
  await it.choose(it.button('export.or-import'), 'import.title');
  await it.visitor.choose('Uptime Kuma');
  const upload = it.dialog.locator('input[type=file]');
  await upload.setInputFiles({ name: 'kuma.db', mimeType: 'application/octet-stream', buffer: Buffer.from(DAMAGED) });
  await it.dialog.locator('#import-address').fill('https://backup.example.com/kuma.db');
  await it.dialog.locator('#key-owner').fill('platform-engineering-and-operations@example.com');
  await it.dialog.locator('#key-labels').fill('team=sre,from=kuma,');
  await it.look('import-address');
  await it.button('import.preview', it.dialog).click();
  await it.dialog.getByRole('alert').waitFor();
  await it.look('import-refused');
  await upload.setInputFiles(file);
  await it.button('import.preview', it.dialog).click();
  await it.button('import.apply', it.dialog).waitFor();
  await it.look('import-chosen');
  await it.button('import.apply', it.dialog).click();
  await it.dialog.getByText(it.say('import.step-3')).waitFor();
  await it.look('import-done');
  await it.leave();
  rmSync(folder, { recursive: true, force: true });
  await it.keyPage('kuma-prometheus');
  await it.look('key-imported');
  await it.forget('kuma-prometheus');
}

/** Keys that are over, or pause, and one that is gone. */
async function keyPages(it: Sights): Promise<void> {
  for (const name of ['was-revoked', 'is-paused', 'pushes']) {
    await it.keyPage(name);
    await it.look(`key-${name}`);
  }
  await it.server.create({ name: 'is-gone' });
  await it.search('is-gone');
  await it.page.getByRole('link', { name: 'is-gone', exact: true }).waitFor();
  const lists = /\/v1\/keys\?/;
  await it.page.route(lists, () => undefined); // or the list would be read again before the click
  await it.forget('is-gone');
  await it.page.getByRole('link', { name: 'is-gone', exact: true }).click();
  await it.page.unroute(lists);
  await it.page.getByText(it.say('key.to-list')).waitFor();
  await it.look('key-gone');
}

/** What comes between: somebody else, an end that is near, an answer that is lost. */
async function surprises(it: Sights): Promise<void> {
  const { key } = await it.server.create({ name: 'two-change-it', expiresIn: '365d', allowedCidrs: ['10.0.0.0/8'] });
  await it.search(key.name);
  await it.choose(it.menuOf(key.name), 'action.edit');
  const addresses = it.dialog.getByLabel(it.say('key.allowed-addresses'));
  await addresses.fill('10.0.0.0/8, 192.168.0.0/16');
  await it.server.api('PATCH', `/v1/keys/${key.id}`, { allowedCidrs: ['10.1.0.0/16'] });
  await it.dialog.locator('button[type=submit]').click();
  await it.dialog.getByRole('alert').waitFor();
  await it.look('edit-meanwhile');
  await it.page.keyboard.press('Escape');
  await it.button('dialog.discard-it').click();
  await it.dialog.waitFor({ state: 'detached' });
  await it.choose(it.menuOf(key.name), 'action.rotate');
  await it.dialog.getByText(it.say('rotate.sooner')).waitFor();
  await it.look('rotate-sooner');
  await it.leave();
  await it.forget(key.name);
}

/** What is mended: a refusal, an endpoint, a mistake that is undone. */
async function repairs(it: Sights): Promise<void> {
  await it.search('ends-soon');
  await it.choose(it.menuOf('ends-soon'), 'action.disable');
  await it.button('undo.button').waitFor();
  await it.look('undo');
  await it.button('undo.button').click();
  await it.open('refused.title', 'tbody tr');
  await it.button('refused.fix.address').click();
  await it.dialog.locator('button[type=submit]').waitFor();
  await it.look('fix');
  await it.leave();
  await it.open('endpoints.title', 'tbody tr');
  await it.choose(it.menuOf('traces-of-the-plant'), 'endpoints.change');
  await it.dialog.locator('#endpoint-pool').fill('another-pool');
  await it.button('endpoint-form.check', it.dialog).click();
  await it.dialog.getByRole('link', { name: 'pushes' }).waitFor();
  await it.look('endpoint-affected');
  await it.page.keyboard.press('Escape');
  await it.button('dialog.discard-it').waitFor();
  await it.look('discard');
  await it.button('dialog.discard-it').click();
  await it.dialog.waitFor({ state: 'detached' });
  await it.dialogOf('endpoint-remove-used', it.menuOf('traces-of-the-plant'), 'pools.remove');
}
