import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'http';
import type { AddressInfo } from 'net';

/** As much of Loki as an agent and Grafana's data source need, in memory; it keeps the logs of tenants apart. */
export interface Loki {
  url: string;
  close: () => void;
}

interface Stream {
  stream: Record<string, string>;
  values: Array<[at: string, line: string]>;
}

/** @param port where it listens; 0 = at any that is free */
export async function startLoki(port = 0): Promise<Loki> {
  const kept = new Map<string, Stream[]>();
  const server: HttpServer = createServer(async (request, response) => {
    const tenant = request.headers['x-scope-orgid'];
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://loki');
    const streams = kept.get(String(tenant)) ?? [];
    const answer = (data: unknown) => json(response, { status: 'success', data });
    if (!tenant) {
      response.writeHead(401).end('no org id\n');
    } else if (pathname === '/loki/api/v1/push' && request.method === 'POST') {
      kept.set(String(tenant), [...streams, ...(JSON.parse(await bodyOf(request)) as { streams: Stream[] }).streams]);
      response.writeHead(204).end();
    } else if (pathname === '/loki/api/v1/labels') {
      answer([...new Set(streams.flatMap(({ stream }) => Object.keys(stream)))]);
    } else if (pathname === '/loki/api/v1/query') {
      // Grafana asks for vector(1)+vector(1) when a data source is tested.
      answer({ resultType: 'vector', result: [{ metric: {}, value: [0, '2'] }] });
    } else if (pathname === '/loki/api/v1/query_range') {
      const wanted = /^\{(\w+)(=~?)"(.*)"\}$/.exec(searchParams.get('query') ?? '');
      const fits = ({ stream }: Stream) =>
        wanted &&
        (wanted[2] === '=' ? stream[wanted[1]] === wanted[3] : new RegExp(`^(${wanted[3]})$`).test(stream[wanted[1]]));
      answer({ resultType: 'streams', result: streams.filter(fits) });
    } else {
      response.writeHead(404).end('404 page not found\n');
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

function json(response: ServerResponse, content: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) {
    body += part;
  }
  return body;
}
