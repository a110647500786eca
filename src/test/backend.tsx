import { EventBusSrv } from '@grafana/data';
import { setAppEvents, setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { PortalContainer } from '@grafana/ui';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { type ReactElement } from 'react';
import { MemoryRouter } from 'react-router-dom';
import { concatMap, defer, from, of, throwError } from 'rxjs';
import { API_BASE } from '../api/client';
import type { Problem, Whoami } from '../api/types';
import { CallerProvider } from '../components/Caller';
import { CheckToken } from '../components/CheckToken';
import { OutageBanner } from '../components/OutageBanner';
import { HostProvider, type Host } from '../host';
import { ADMIN, aKey, aUsage, POLICY } from './fixtures';

/** A request as a test sees it: the route without the API's base. */
export interface Seen {
  method: string;
  route: string;
  params: Record<string, unknown>;
  body: unknown;
}

type Answer = (request: Seen) => unknown;

/** Makes the answer to a request an error, as the server would send it. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> & { code: Problem['code'] }
  ) {}
}

/**
 * Answers requests in the place of Grafana's service. Routes are such as `GET /v1/keys`; the last segment may be `*`.
 * What answers with a promise answers when it is kept.
 * Every request is noted in the returned list.
 */
export function serve(answers: Record<string, Answer>, whoami: Whoami = ADMIN): Seen[] {
  const all: Record<string, Answer> = {
    'GET /v1/whoami': () => whoami,
    'GET /v1/policy': () => POLICY,
    [`GET /v1/keys/${aKey().id}/usage`]: () => aUsage(),
    [`GET /v1/keys/${aKey().id}/clients`]: () => ({ clients: [] }),
    'GET /v1/notices': () => ({ notices: [], nextCursor: '' }),
    'GET /v1/denials': () => ({ denials: [], nextCursor: '' }),
    'GET /v1/stats/keys': () => ({ from: '2026-11-08', step: '1d', keys: {} }),
    'GET /v1/pools': () => ({ pools: [] }),
    'GET /v1/endpoints': () => ({
      gate: { url: 'http://127.0.0.1:7172', anyAddress: false, certificate: '' },
      endpoints: [],
    }),
    'GET /v1/health': () => ({ status: 'ok', gate: { listen: '127.0.0.1:7172', status: 'ok' } }),
    ...answers,
  };
  const seen: Seen[] = [];
  setAppEvents(new EventBusSrv());
  setBackendSrv({
    fetch: (config: BackendSrvRequest) =>
      defer(() => {
        const method = config.method ?? 'GET';
        const route = config.url.slice(API_BASE.length);
        const request = { method, route, params: config.params ?? {}, body: config.data };
        seen.push(request);
        const answer = all[`${method} ${route}`] ?? all[`${method} ${route.replace(/[^/]+$/, '*')}`];
        const told = (data: unknown) =>
          data instanceof Refusal
            ? throwError(() => ({ status: data.status, statusText: '', data: data.problem, config }))
            : of({ data, status: 200, ok: true });
        const data = answer
          ? answer(request)
          : new Refusal(404, { code: 'not_found', detail: `nothing answers ${method} ${route}` });
        return data instanceof Promise ? from(data).pipe(concatMap(told)) : told(data);
      }),
  } as unknown as BackendSrv);
  return seen;
}

const host: Host = {
  kind: 'grafana',
  href: (page) => `/${page}`,
  Page: ({ title, subTitle, actions, children }) => (
    <main>
      <h1>{title}</h1>
      <p>{subTitle}</p>
      <CheckToken />
      {actions}
      <OutageBanner />
      {children}
    </main>
  ),
};

/** Renders a part of the pages for a signed-in user, at an address. */
export function show(element: ReactElement, address = '/') {
  return render(
    <MemoryRouter initialEntries={[address]}>
      <HostProvider host={host}>
        <CallerProvider>{element}</CallerProvider>
        <PortalContainer />
      </HostProvider>
    </MemoryRouter>
  );
}

/** Somebody at mouse and keyboard. That a click meets nothing in between is left to the tests in a browser. */
export const aUser = () => userEvent.setup({ delay: null, pointerEventsCheck: 0 });
