import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Browser, CDPSession } from 'playwright-core';
import { launchBrowser, Visitor } from './browser';
import { asUser, startGrafana } from './grafana';
import { startServer, type Server } from './server';
import { furnishStates, nothingYet, states } from './states';
import { furnish, textsOf, tour } from './tour';

/*
 * What a screen reader says of every page, dialog and state, as the browser tells it: whatever can be used, and every
 * part that one can go to, has a name.
 */

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-names-'));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const startConsole = () => {
  const config = path.join(folder, 'ostiary.yaml');
  writeFileSync(config, 'gate:\n  endpoints_in_store: true\n  upstreams: ["127.0.0.1"]\n');
  return startServer(['--config', config]);
};
const startPlugin = () => startGrafana({ gate_endpoints_in_store: 'true', gate_upstreams: '127.0.0.1' });

/** What needs a name of its own. */
const NAMED = new Set(
  (
    'alertdialog button checkbox columnheader combobox dialog heading image link listbox menu menuitem ' +
    'menuitemcheckbox menuitemradio meter navigation option progressbar radio radiogroup region searchbox slider ' +
    'spinbutton switch tab table tablist textbox'
  ).split(' ')
);

type Tree = Awaited<ReturnType<CDPSession['send']>> & {
  nodes: Array<{ ignored: boolean; role?: { value: string }; name?: { value: string }; backendDOMNodeId?: number }>;
};

/** Looks at what a visitor would hear, and notes what has no name. */
class Listener {
  readonly nameless = new Set<string>();
  private session?: CDPSession;

  constructor(readonly visitor: Visitor) {}

  look = async (sight: string): Promise<void> => {
    await this.visitor.page.waitForTimeout(300); // until what is opened has the focus
    this.session ??= await this.visitor.page.context().newCDPSession(this.visitor.page);
    const { nodes } = (await this.session.send('Accessibility.getFullAXTree')) as Tree;
    for (const { ignored, role, name, backendDOMNodeId } of nodes) {
      if (!ignored && role && NAMED.has(role.value) && !name?.value.trim()) {
        this.nameless.add(`${sight}: ${role.value} ${await this.describe(backendDOMNodeId)}`);
      }
    }
  };

  private async describe(backendNodeId?: number): Promise<string> {
    try {
      const { outerHTML } = await this.session!.send('DOM.getOuterHTML', { backendNodeId });
      return outerHTML.slice(0, 200);
    } catch {
      return 'that is gone'; // it was drawn anew meanwhile
    }
  }
}

const say = textsOf('en-US');

test.each([
  ['the console', startConsole],
  ['Grafana', startPlugin],
])(
  'everything has a name in %s',
  async (_, start) => {
    const server = await start();
    try {
      const visitor = await Visitor.arrive(browser, server, { locale: 'en-US' });
      const { page } = visitor;
      page.setDefaultTimeout(30_000);
      const { look, nameless } = new Listener(visitor);
      if (server.adminKey) {
        await look('sign-in');
        await page.locator('input').first().fill('ost_nonsense');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').waitFor();
        await look('sign-in-refused');
        await page.locator('input').first().fill(server.adminKey);
        await page.keyboard.press('Enter');
      }
      await page.getByRole('navigation').first().waitFor();
      await nothingYet(visitor, say, look);
      await furnish(server);
      await page.goto(server.url + server.home);
      if (server.adminKey) {
        await page.locator('input').first().fill(server.adminKey);
        await page.keyboard.press('Enter');
      }
      await page.getByRole('navigation').first().waitFor();
      await tour(visitor, say, look);
      await furnishStates(server);
      await new Promise((resolve) => setTimeout(resolve, 3000)); // use is written in batches
      await states(visitor, say, look);
      await without(server, nameless);
      if (server.adminKey) {
        await outage(visitor, look);
      }
      expect([...nameless]).toEqual([]);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await visitor.leave();
    } finally {
      await server.remove();
    }
  },
  600_000
);

/** What somebody hears who may not manage keys. */
async function without(server: Server, nameless: Set<string>): Promise<void> {
  const visitor = await Visitor.arrive(browser, server.adminKey ? server : asUser(server, 'viewer'));
  if (server.adminKey) {
    const { token } = await server.create({ name: 'only-reads', role: 'Viewer' });
    await visitor.page.locator('input').first().fill(token);
    await visitor.page.keyboard.press('Enter');
  }
  await visitor.page.getByText(say('no-access.title')).waitFor();
  const listener = new Listener(visitor);
  await listener.look('no-access');
  listener.nameless.forEach((one) => nameless.add(one));
  await visitor.leave();
}

/** What is heard while the server cannot be reached. */
async function outage(visitor: Visitor, look: Listener['look']): Promise<void> {
  await visitor.open('API keys');
  await visitor.server.halt();
  await visitor.button('Read the list again').click();
  await visitor.page.getByText('The server cannot be reached').first().waitFor();
  await look('outage');
}
