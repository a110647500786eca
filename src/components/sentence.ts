import type { FieldError } from '../api/types';

/** The server's remarks often leave out their subject, the field. Of a label they need its name. */
export function sentence({ field, detail }: FieldError): string {
  const label = /^labels\.(.+)/.exec(field)?.[1];
  const whole = /^(is|has|holds|lies|mixes)\b/.test(detail) ? `${label ?? 'It'} ${detail}` : detail;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
