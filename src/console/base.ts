/*
 * Where the console lies: a proxy may serve it below any path, which the server behind it does not know. The scripts
 * know it from the address from which they were loaded.
 */

/** The path of the console's root; it begins and ends with a slash. */
export const BASE = new URL(__webpack_public_path__, window.location.href).pathname;

/** The path of something of the server's, which begins with a slash there. */
export const below = (path: string): string => BASE + path.slice(1);
