import type { Endpoint, GateAddress, Key } from '../../api/types';
import { granted, opened, type Reach } from '../access';
import { isAnyTenant } from '../tenants';

/** A way to use a token: a title for its tab, and text with the token filled in. */
export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/** What a snippet is made for. */
export interface Use {
  /** The whole token; it contains nothing that a shell, YAML or Go would have to escape. */
  token: string;
  key: Reach & Pick<Key, 'tenants'> & { name?: string };
  gate: GateAddress;
  /** What the gate protects. */
  endpoints: readonly Endpoint[];
}

/** The file that holds the gate's self-made certificate, for those who save it under that name. */
export const CERTIFICATE_FILE = 'ostiary-gate.pem';

/** Stands where a key that may act for any tenant must name one. */
export const ANY_TENANT_PLACE = 'TENANT';

/** A header that a request needs besides its credential. */
export type Header = [name: string, value: string];

/** A place at the gate to which a program sends or from which it reads. */
export interface Place {
  /** Of the endpoint. */
  name: string;
  /** The whole address. */
  url: string;
  /** Which tenant is meant, where the key leaves that open. */
  tenant: Header[];
}

/** Text in double quotes, as YAML, TOML, Python, Alloy and Go take it. */
export const quoted = (text: string) => JSON.stringify(text);

/** A list of options, each on a line with an indent; nothing for an empty one. */
export const lines = (texts: readonly string[], indent: string) => texts.map((text) => `${indent}${text}\n`).join('');

/** The name of an endpoint as a program takes one: letters, digits and underscores. */
export const plain = (name: string) => name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/**
 * The places at endpoints that a key opens and the gate passes on.
 * @param doing whether it reads there or brings data
 * @param at the path of an endpoint, undefined for one that is not of the sort
 */
export function places(use: Use, doing: 'read' | 'ingest', at: (endpoint: Endpoint) => string | undefined): Place[] {
  const { key, gate } = use;
  if (!gate.url) {
    return [];
  }
  return opened(key, use.endpoints)
    .filter((endpoint) => endpoint.proxied && granted(key.role, endpoint).includes(doing))
    .flatMap((endpoint) => {
      const path = at(endpoint);
      return path === undefined
        ? []
        : [{ name: endpoint.name, url: gate.url + path, tenant: tenantHeaders(use, endpoint, doing) }];
    });
}

/** What a request has to say about the tenant: nothing for a key of one, and reading counts for all of several. */
export function tenantHeaders({ key }: Pick<Use, 'key'>, { tenant }: Endpoint, doing: 'read' | 'ingest'): Header[] {
  if (!tenant) {
    return [];
  }
  const name = tenant.header || 'X-Scope-OrgID';
  if (isAnyTenant(key.tenants)) {
    return [[name, ANY_TENANT_PLACE]];
  }
  return key.tenants.length > 1 && doing === 'ingest' ? [[name, key.tenants[0]]] : [];
}
