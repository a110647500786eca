import type { KeyClient } from '../api/types';
import { t } from '../i18n';

/** Where a request went and who sent it, in words: “At loki, as team-a, from 127.0.0.1, by curl/8.5.0.” */
export function whose({ endpoint, tenant, address, userAgent }: KeyClient): string {
  const parts = [
    endpoint && t('whose.endpoint', 'at {{endpoint}}', { endpoint }),
    tenant && t('summary.tenants', 'as {{tenants}}', { tenants: tenant }),
    address && t('key.from', 'from {{address}}', { address }),
    userAgent && t('whose.program', 'by {{program}}', { program: userAgent }),
  ];
  return sentence(parts.filter(Boolean).join(', '));
}

/** The same, of which the address alone is known. */
export const fromAddress = (address: string) => sentence(t('key.from', 'from {{address}}', { address }));

const sentence = (text: string) => text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
