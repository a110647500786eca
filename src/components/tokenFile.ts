import type { IssuedKey } from '../api/types';

/** Keys with their tokens as CSV, a line for each, as the desktop program writes them. */
export function tokensAsCsv(keys: IssuedKey[]): string {
  const lines = keys.map(({ key, token }) => [key.name, key.id, token]);
  return [['name', 'id', 'token'], ...lines].map((line) => line.map(quoted).join(',') + '\n').join('');
}

/** A field as RFC 4180 has it. */
const quoted = (field: string) => (/^\s|[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** Hands a text to the browser as a file to keep. */
export function download(name: string, text: string, type = 'text/csv'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
