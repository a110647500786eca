import { execFile } from 'child_process';
import { mkdirSync, readFileSync } from 'fs';
import path from 'path';
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';
import type { Key, KeyUsage, RuleUsage, Stats } from '../api/types';
import type { Server } from './server';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Where pictures for the documents go; nowhere without it. */
export const PICTURES = process.env.SCREENSHOTS;
if (PICTURES) {
  mkdirSync(PICTURES, { recursive: true });
}

export const launchBrowser = (): Promise<Browser> =>
  // Chromium's own sandbox does not work for root in a container; the pages are ours.
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** One visitor: a browser profile of its own, and everything that its pages complained about. */
export class Visitor {
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly server: Server
  ) {
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      // The browser logs every answer of 400 and above; the page shows what matters of those.
      if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
    page.on('response', (response) => {
      if (response.status() === 404 && !response.url().includes('/api/')) {
        this.complaints.push(`not found: ${response.url()}`);
      }
    });
  }

  static async arrive(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'dark',
      locale: 'en-GB',
      timezoneId: 'UTC',
      permissions: ['clipboard-read', 'clipboard-write'],
      extraHTTPHeaders: server.headers,
      ...options,
    });
    context.setDefaultTimeout(10_000);
    const visitor = new Visitor(await context.newPage(), server);
    await visitor.page.goto(server.url + server.home);
    return visitor;
  }

  /** Signs in, where Grafana has not done it. */
  async signIn(key = this.server.adminKey): Promise<void> {
    if (key) {
      await this.page.getByLabel('API key').fill(key);
      await this.page.getByRole('button', { name: 'Sign in' }).click();
    }
    await this.page.getByRole('navigation').waitFor();
    // The first page is the overview; most tests are about keys.
    if (new URL(this.page.url()).pathname === this.server.home) {
      await this.open('API keys');
    }
    await this.page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor();
  }

  /** Goes to another page without loading a new document, which would sign out. */
  async open(
    name: 'Overview' | 'API keys' | 'Refused' | 'Agent pools' | 'Endpoints' | 'Audit trail' | 'Settings'
  ): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name }).click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
  }

  /** The table's row of a key. */
  row(name: string): Locator {
    return this.page.getByRole('row').filter({ has: this.page.getByRole('link', { name, exact: true }) });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Chooses one of the radio buttons in the dialog; they lie invisible over their texts. */
  async choose(text: string): Promise<void> {
    await this.dialog.getByRole('radio', { name: text, exact: true }).check({ force: true });
  }

  /** Chooses an action in the menu of a key's row. */
  async act(name: string, action: string): Promise<void> {
    await this.button(`Actions for ${name}`).click();
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  /** The token that is shown at the moment. */
  async token(): Promise<string> {
    return (await this.page.getByTestId('token').textContent()) ?? '';
  }

  /** Copies the token and closes the dialog that shows it. */
  async takeToken(): Promise<string> {
    const token = await this.token();
    await this.button('Copy token').click();
    // The button says for a moment that it did.
    await this.page.getByText('Copied', { exact: true }).waitFor();
    await this.button('Done').click();
    await this.dialog.waitFor({ state: 'detached' });
    return token;
  }

  /** What axe finds on the page as it is now. */
  async axe(): Promise<string[]> {
    await this.page.evaluate(async () => {
      // A colour on its way to another one is none that anybody reads.
      const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity);
      await Promise.race([
        Promise.allSettled(ending.map((a) => a.finished)),
        new Promise((end) => setTimeout(end, 2000)),
      ]);
    });
    // Through the debugger, because the page's policy allows no script from elsewhere.
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const axe = (window as unknown as { axe: typeof import('axe-core') }).axe;
      const { violations } = await axe.run(document, {
        resultTypes: ['violations'],
        // While one of Grafana's menus or dialogs is open, guards that can have the focus keep it inside, and the rest
        // of the page is hidden from assistive technology. The rules take the guards, and what is hidden, for faults.
        // A tooltip belongs to what it describes, wherever it is in the document.
        rules: Object.fromEntries(
          ['aria-hidden-focus', 'landmark-one-main', 'page-has-heading-one', 'region'].map((rule) => [
            rule,
            { enabled: !document.querySelector('[data-floating-ui-focus-guard], [role="tooltip"]') },
          ])
        ),
      });
      return violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} – ${failureSummary}`).join(' | ')}`
      );
    });
  }

  /** Takes a picture for the documents, as long as SCREENSHOTS names a folder for them. */
  async picture(name: string): Promise<void> {
    if (PICTURES) {
      await this.page.mouse.move(0, 0); // nothing is shown as if the mouse were on it
      await this.page.waitForTimeout(400); // transitions end
      await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
    }
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

/**
 * Shows a month of use, which no server has that has just started: what the page reads are the server's own answers,
 * with more requests on each day.
 */
export async function showAMonthOfUse({ page }: Visitor): Promise<void> {
  const more = (date: string, i: number) => {
    const weekend = [0, 6].includes(new Date(date).getUTCDay());
    const swing = Math.abs(Math.sin(i * 2.4));
    return i < 4 || i === 17 ? 0 : Math.round(weekend ? 180 + 240 * swing : 1300 + 2100 * swing);
  };
  await page.route(/\/v1\/keys\/\w{12}\/usage\?/, async (route) => {
    const response = await route.fetch();
    const usage = (await response.json()) as KeyUsage;
    const refused = (i: number) => (i % 9 === 5 || i > 27 ? 60 + 17 * (i % 5) : 0);
    usage.days.forEach((day, i) => {
      day.count += more(day.date, i);
      day.denied += refused(i);
    });
    usage.total = usage.days.reduce((sum, { count }) => sum + count, 0);
    usage.denied = usage.days.reduce((sum, { denied }) => sum + denied, 0);
    const at = new Date(Date.now() - 4 * 60_000).toISOString();
    const rule = (endpoint: string, path: string, method: RuleUsage['method'], allowed: number, denied: number) => ({
      ...{ endpoint, path, method, allowedAt: allowed ? at : null, deniedAt: denied ? at : null },
      ...{ allowed: Math.round(usage.total * allowed), denied: Math.round(usage.denied * denied) },
      days: usage.days.map((day) => ({
        date: day.date,
        allowed: Math.round(day.count * allowed),
        denied: Math.round(day.denied * denied),
      })),
    });
    usage.rules.push(
      rule('loki', '/loki/api/v1/push', 'POST', 0.83, 0.1),
      rule('traces-of-the-plant', '/a/path/that/is/quite/long', 'POST', 0.17, 0),
      rule('loki', '/loki/api/v1/query_range', 'GET', 0, 0.9)
    );
    await route.fulfill({ response, json: usage });
  });
  await page.route(/\/v1\/keys\/\w{12}$/, async (route) => {
    const response = await route.fetch();
    const key = (await response.json()) as Key;
    let added = 0;
    for (let i = 0; i < 30; i++) {
      added += more(new Date(Date.now() - (29 - i) * 24 * 3600 * 1000).toISOString().slice(0, 10), i);
    }
    await route.fulfill({ response, json: { ...key, useCount: key.useCount + added } });
  });
}

/** Shows a day of traffic, likewise: the server's own numbers, with more requests in each hour. */
export async function showADayOfTraffic({ page }: Visitor): Promise<void> {
  await page.route(/\/v1\/stats\?/, async (route) => {
    const response = await route.fetch();
    const stats = (await response.json()) as Stats;
    let [allowed, denied] = [0, 0];
    stats.points.forEach((point, i) => {
      const hour = new Date(point.at).getUTCHours();
      point.allowed += Math.round(2600 + 2200 * Math.sin(((hour - 7) / 24) * 2 * Math.PI) + 260 * Math.sin(i * 5.1));
      point.denied += i % 6 === 2 ? 90 + i * 7 : i % 3;
      allowed += point.allowed;
      denied += point.denied;
    });
    const shares = { expired: 0.61, invalid_token: 0.22, limited: 0.12, forbidden: 0.05 };
    const endpoints = { loki: 0.58, mimir: 0.31, tempo: 0.11 };
    const part = (of: number, share: number) => Math.round(of * share);
    await route.fulfill({
      response,
      json: {
        ...stats,
        allowed,
        denied,
        codes: Object.entries(shares).map(([code, share]) => ({ code, requests: part(denied, share) })),
        endpoints: Object.entries(endpoints).map(([endpoint, share]) => ({
          endpoint,
          allowed: part(allowed, share),
          denied: part(denied, share),
        })),
        mostUsed: stats.mostUsed.map((key, i) => ({
          ...key,
          requests: key.requests + part(allowed, 0.5 / (i + 1)),
          denied: key.denied + part(denied, 0.2 * i),
        })),
      } satisfies Stats,
    });
  });
}

/** The status of the gate's answer to a token, asked by real curl. */
export async function curlGate(
  { gate }: Server,
  token: string,
  scheme: 'Bearer' | 'Basic' = 'Bearer'
): Promise<number> {
  const credential = scheme === 'Bearer' ? `-H 'Authorization: Bearer ${token}'` : `-u 'api_key:${token}'`;
  return Number(await runInShell(`curl -s -o /dev/null -w '%{http_code}' ${credential} ${gate}/auth`));
}

/** What a command line prints. */
export function runInShell(line: string): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile('sh', ['-c', line], (error, out) => (error ? reject(error) : resolve(out)))
  );
}

/** Whether a text is anywhere in the memory that a page's scripts use, after what is not needed was thrown away. */
export async function heapHolds(page: Page, text: string): Promise<boolean> {
  const session = await page.context().newCDPSession(page);
  const parts: string[] = [];
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => parts.push(chunk));
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await session.detach();
  return parts.join('').includes(text);
}

/** Waits until an expectation holds, for at most three seconds by default. */
export async function expectSoon(check: () => Promise<void>, patience = 3000): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
