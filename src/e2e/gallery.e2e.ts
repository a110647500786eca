import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import os from 'os';
import path from 'path';
import type { Browser } from 'playwright-core';
import { launchBrowser, PICTURES, showADayOfTraffic, showAMonthOfUse, Visitor } from './browser';
import { asUser, startGrafana } from './grafana';
import { startServer, type Server } from './server';
import { furnishStates, nothingYet, states } from './states';
import { furnish, textsOf, tour } from './tour';

/*
 * Every page, dialog and state as a picture: in each colour and at each width, without a key, with three and with two
 * thousand, in the console and in Grafana, and in each language. Axe looks at all of them as well. It takes an hour,
 * so that it runs only if pictures are asked for: npm run gallery.
 */

const WIDTHS = [1280, 390, 1920] as const;
/** Axe takes most of the time: AXE=off leaves it out. */
const AXE = process.env.AXE !== 'off';
const HOUR = 3_600_000;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostiary-gallery-'));
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

/** Makes many keys, as a company has them. */
async function fill(server: Server, n: number): Promise<void> {
  const uses = [
    { name: 'alloy', role: 'Agent', pool: 'edge', expiresIn: '365d' },
    { name: 'otel-gateway', role: 'Agent', pool: 'edge', expiresIn: '90d' },
    { name: 'kuma-scraper', role: 'Viewer', owner: 'grace@example.com', expiresIn: '30d' },
    { name: 'pyroscope-ci', role: 'Agent', pool: 'ci', labels: { team: 'ci' }, expiresIn: '5d' },
    { name: 'dashboards-sync', role: 'Editor', expiresIn: 'never' },
  ] as const;
  const left = Array.from({ length: n }, (_, i) => i);
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let i = left.pop(); i !== undefined; i = left.pop()) {
        const use = uses[i % uses.length];
        const site = String(Math.floor(i / uses.length)).padStart(3, '0');
        const { key } = await server.create({ ...use, name: `site-${site}-${use.name}` });
        if (i % 30 === 7) {
          await server.api('PATCH', `/v1/keys/${key.id}`, { enabled: false });
        } else if (i % 30 === 11) {
          await server.api('POST', `/v1/keys/${key.id}/revoke`, {});
        }
      }
    })
  );
}

/** Takes pictures of one visit at each width. */
class Photographer {
  readonly found: string[] = [];
  private n = 0;

  constructor(
    private readonly visitor: Visitor,
    private readonly to: string,
    private readonly widths: readonly number[]
  ) {
    mkdirSync(to, { recursive: true });
  }

  look = async (name: string): Promise<void> => {
    const { page } = this.visitor;
    this.n++;
    for (const width of this.widths) {
      await page.setViewportSize({ width, height: 900 });
      await page.mouse.move(0, 0);
      await page.evaluate(toTheTop);
      await page.waitForTimeout(300); // transitions end
      const high = await page.evaluate(() => {
        const inside = document.querySelector('[role=dialog] [class*=modalContent], [role=dialog] .scrollbar-view');
        const more = inside ? inside.scrollHeight - inside.clientHeight : 0;
        return Math.min(Math.max(document.documentElement.scrollHeight, window.innerHeight + more), 2600);
      });
      if (high > 900) {
        await page.setViewportSize({ width, height: high });
        await page.waitForTimeout(100);
      }
      const file = `${String(width).padStart(4, '0')}-${String(this.n).padStart(2, '0')}-${name}.png`;
      await page.screenshot({ path: path.join(this.to, file) });
      if (AXE) {
        this.found.push(...(await this.visitor.axe()).map((fault) => `${name} at ${width}: ${fault}`));
      }
    }
    await page.setViewportSize({ width: this.widths[0], height: 900 });
  };
}

/** Scrolls back what was scrolled for another width. */
function toTheTop(): void {
  for (const element of document.querySelectorAll('html, [role=dialog], [role=dialog] *')) {
    element.scrollTop = 0;
  }
}

interface Walk {
  /** Where it is: the console, or Grafana. */
  door: 'console' | 'grafana';
  keys: 0 | 3 | 2000;
  theme: 'dark' | 'light';
  locale: string;
  widths?: readonly number[];
}

const WALKS: Walk[] = [
  ...(['console', 'grafana'] as const).flatMap((door) =>
    ([0, 3, 2000] as const).flatMap((keys) =>
      (['dark', 'light'] as const).map((theme) => ({ door, keys, theme, locale: 'en-US' }))
    )
  ),
  { door: 'console', keys: 3, theme: 'light', locale: 'de-DE', widths: [1280, 390] },
  { door: 'console', keys: 3, theme: 'dark', locale: 'fr-FR', widths: [1280, 390] },
  { door: 'grafana', keys: 3, theme: 'dark', locale: 'de-DE', widths: [1280, 390] },
  { door: 'grafana', keys: 3, theme: 'light', locale: 'fr-FR', widths: [1280, 390] },
];

(PICTURES ? test : test.skip).each(WALKS)(
  '$door with $keys keys, $theme $locale',
  async ({ door, keys, theme, locale, widths = WIDTHS }) => {
    const server = await (door === 'console' ? startConsole() : startPlugin());
    try {
      await walk(server, { door, keys, theme, locale, widths });
    } finally {
      await server.remove();
    }
  },
  HOUR
);

async function walk(server: Server, { door, keys, theme, locale, widths }: Required<Walk>): Promise<void> {
  const say = textsOf(locale);
  const to = path.join(PICTURES!, 'gallery', [door, keys, theme, locale.slice(0, 2)].join('-'));
  if (keys) {
    await fill(server, keys === 3 ? 0 : keys);
    await furnish(server);
  }
  const visitor = await Visitor.arrive(browser, server, {
    colorScheme: theme,
    locale,
    viewport: { width: widths[0], height: 900 },
  });
  const { page } = visitor;
  page.setDefaultTimeout(60_000); // other work may be going on
  const photographer = new Photographer(visitor, to, widths);
  const { look, found } = photographer;
  if (keys) {
    await showAMonthOfUse(visitor);
    await showADayOfTraffic(visitor);
  }
  if (server.adminKey) {
    await look('sign-in');
    await page.locator('input').first().fill('ost_nonsense');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await look('sign-in-refused');
    await page.locator('input').first().fill(server.adminKey);
    await page.keyboard.press('Enter');
  }
  await page.getByRole('navigation').waitFor();
  if (keys) {
    await tour(visitor, say, look);
    await furnishStates(server);
    await new Promise((resolve) => setTimeout(resolve, 3000)); // use is written in batches
    await states(visitor, say, look);
    await without(server, theme, locale, to, widths, found);
  } else {
    await nothingYet(visitor, say, look);
  }
  expect(found).toEqual([]);
  expect(visitor.complaints).toEqual([]);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await visitor.leave();
}

/** What somebody sees who may not manage keys. */
async function without(
  server: Server,
  theme: 'dark' | 'light',
  locale: string,
  to: string,
  widths: readonly number[],
  found: string[]
): Promise<void> {
  const of = server.adminKey ? server : asUser(server, 'viewer');
  const visitor = await Visitor.arrive(browser, of, { colorScheme: theme, locale });
  const viewer = new Photographer(visitor, path.join(to, 'viewer'), widths);
  if (server.adminKey) {
    const { token } = await server.create({ name: 'only-reads', role: 'Viewer' });
    await visitor.page.locator('input').first().fill(token);
    await visitor.page.keyboard.press('Enter');
  }
  await visitor.page.getByRole('navigation').waitFor();
  await visitor.page.waitForTimeout(1000);
  await viewer.look('no-access');
  found.push(...viewer.found, ...visitor.complaints);
  await visitor.leave();
}
