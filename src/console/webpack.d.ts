/** Where the scripts look for their like, as webpack found it. */
declare const __webpack_public_path__: string;

/** The part of webpack's own additions to JavaScript that the console uses. */
interface ImportMeta {
  webpackContext(
    folder: string,
    options: { recursive: boolean; regExp: RegExp }
  ): {
    (path: string): string;
    keys(): string[];
  };
}
