/**
 * The line for a shell that fetches a file; it fails where the server refuses, rather than to save its page.
 * @param address what was typed; undefined comes back if it is no address of the web, or holds a password, which would
 * stay in the shell's history
 * @param file what it is saved as
 */
export function curlLine(address: string, file: string): string | undefined {
  let url: URL;
  try {
    url = new URL(address.trim());
  } catch {
    return undefined;
  }
  if (!['http:', 'https:'].includes(url.protocol) || url.password) {
    return undefined;
  }
  return `curl -fL -o ${file} '${url.href.replaceAll("'", '%27')}'`;
}
