import { otlpAt, SIGNALS, type Signal } from '../programs';
import { places, type Place, type Use } from './use';

/** A place to which OTLP goes, and what of it. */
export interface OtlpPlace extends Place {
  signals: Signal[];
}

/**
 * Where a key sends OTLP. Endpoints at one address are one place, so that nothing is sent twice. Tempo takes traces at a
 * port of its own: where another endpoint stands for that, they do not go to Tempo's others.
 */
export function otlpPlaces(use: Use): OtlpPlace[] {
  const found = places(use, 'ingest', (endpoint) => otlpAt(endpoint)?.root).map((place) => {
    const endpoint = use.endpoints.find(({ name }) => name === place.name);
    return { ...place, kind: endpoint?.kind, signals: (endpoint && otlpAt(endpoint)?.signals) ?? [] };
  });
  const elsewhere = found.some(({ kind, signals }) => kind !== 'tempo' && signals.includes('traces'));
  const byAddress = new Map<string, OtlpPlace>();
  for (const { kind, ...place } of found.filter(({ kind }) => kind !== 'tempo' || !elsewhere)) {
    const known = byAddress.get(place.url);
    byAddress.set(place.url, {
      ...(known ?? place),
      tenant: known?.tenant.length ? known.tenant : place.tenant,
      signals: [...new Set([...(known?.signals ?? []), ...place.signals])],
    });
  }
  return [...byAddress.values()];
}

/** Each signal that goes somewhere, with the places to which it goes. */
export const bySignal = (targets: readonly OtlpPlace[]) =>
  SIGNALS.map((signal) => ({ signal, to: targets.filter(({ signals }) => signals.includes(signal)) })).filter(
    ({ to }) => to.length
  );
