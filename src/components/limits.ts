import { t } from '../i18n';

/*
 * What a key may be limited to, as it is typed: entries with commas or spaces between. The server has the last word;
 * these checks only show all mistakes of a form together.
 */

/** The entries of a comma-separated list. */
export const toList = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** What is wrong with the names of endpoints, undefined if nothing is. */
export function checkEndpoints(names: readonly string[]): string | undefined {
  const value = names.find((name) => !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name));
  return value && t('limits.endpoint', '“{{value}}” is no name of an endpoint, such as pyroscope.', { value });
}

/** What is wrong with addresses and blocks of them, undefined if nothing is. */
export function checkAddresses(text: string): string | undefined {
  const value = toList(text).find((entry) => !isBlock(entry));
  return value && t('limits.address', '“{{value}}” is no address and no block, such as 10.0.0.0/8.', { value });
}

function isBlock(entry: string): boolean {
  const [address, bits, ...rest] = entry.split('/');
  const most = isV4(address) ? 32 : isV6(address) ? 128 : undefined;
  return most !== undefined && !rest.length && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

function isV4(address: string): boolean {
  const parts = address.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function isV6(address: string): boolean {
  if (!/^[0-9a-f:.]+$/i.test(address)) {
    return false;
  }
  try {
    new URL(`http://[${address}]/`); // the browser knows the many forms
    return true;
  } catch {
    return false;
  }
}
