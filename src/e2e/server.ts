import { spawn, type ChildProcess } from 'child_process';
import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { createServer } from 'net';
import os from 'os';
import path from 'path';
import type { CreateKey, IssuedKey } from '../api/types';
import { PLUGIN_ID } from '../constants';

/** A real server with a store of its own. */
export interface Server {
  /** The console's address, without a slash at the end. */
  url: string;
  /** The gate's address, without a slash at the end. */
  gate: string;
  /** Where the pages begin, below the address: the console's own begin at the root. */
  home: string;
  /** What every request of a visitor has, where somebody else signs visitors in. */
  headers: Record<string, string>;
  /** The first Admin key; empty where nobody signs in with a key. */
  adminKey: string;
  /** Asks the resource API, as the first Admin. */
  api: <T>(method: string, route: string, body?: unknown) => Promise<T>;
  create: (key: Partial<CreateKey> & { name: string }) => Promise<IssuedKey>;
  /** Has the server read its configuration file again. */
  hangUp: () => void;
  /** Ends the process and keeps its data; start again with `restart`. */
  halt: () => Promise<void>;
  /** Starts a process on the same data and addresses. */
  restart: () => Promise<void>;
  /** Ends the process and removes its data. */
  remove: () => Promise<void>;
}

/** Where the plugin's pages begin in Grafana. */
export const PAGE_BASE = `/a/${PLUGIN_ID}/`;

/** A file that begins as a database does, and is none. */
export const DAMAGED = 'SQLite format 3\0, and nothing more';

const PROGRAM = process.env.OSTIARY_BIN ?? path.resolve('bin/ostiary');

/** Starts `ostiary serve` on free ports, in a new directory. */
export async function startServer(flags: string[] = []): Promise<Server> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'ostiary-e2e-'));
  const keyFile = path.join(home, 'admin.key');
  let running = await launch(home, '127.0.0.1:0', '127.0.0.1:0', keyFile, flags);
  const { url, gate } = running;
  const adminKey = readFileSync(keyFile, 'utf8').trim();

  const api = askAs(url, `Bearer ${adminKey}`);
  const halt = () => end(running.child);
  return {
    url,
    gate,
    home: '/',
    headers: {},
    adminKey,
    api,
    create: (key) => api<IssuedKey>('POST', '/v1/keys', { role: 'Agent', ...key }),
    hangUp: () => void running.child.kill('SIGHUP'),
    halt,
    restart: async () => {
      running = await launch(home, new URL(url).host, new URL(gate).host, keyFile, flags);
    },
    remove: async () => {
      await halt();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Asks the resource API of a server with a credential. */
export function askAs(url: string, authorization: string): Server['api'] {
  return async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/plugins/${PLUGIN_ID}/resources${route}`, {
      method,
      headers: { Authorization: authorization, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${route}: ${response.status} ${text}`);
    }
    return (text ? JSON.parse(text) : undefined) as T;
  };
}

async function launch(home: string, listen: string, gateListen: string, keyFile: string, flags: string[]) {
  const args = ['serve', '--data-dir', path.join(home, 'data'), '--listen', listen, '--gate.listen', gateListen];
  const child = spawn(PROGRAM, [...args, '--bootstrap-key-file', keyFile, '--log.level', 'error', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    let errors = '';
    child.on('error', (error) => reject(new Error(`${PROGRAM} does not start: ${error.message}`)));
    child.on('exit', (code) => reject(new Error(`${PROGRAM} ended with ${code}: ${errors}`)));
    child.stderr?.on('data', (chunk) => (errors += chunk));
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      if (/Console\s+https?:.*\n[\s\S]*Gate\s+https?:.*\n/.test(text)) {
        resolve(text);
      }
    });
  });
  child.removeAllListeners('exit');
  const [, url] = /Console\s+(https?:\/\/[^/\s]+)/.exec(said) ?? [];
  const [, gate] = /Gate\s+(https?:\/\/[^/\s]+)/.exec(said) ?? [];
  return { child, url, gate };
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
