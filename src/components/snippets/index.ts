import { alloy } from './alloy';
import { curl, python, pyroscope, trial } from './code';
import { collector } from './collector';
import { deploy } from './deploy';
import { prometheus } from './prometheus';
import { shippers } from './shippers';
import type { Snippet, Use } from './use';

export { provenAt } from './code';
export { ANY_TENANT_PLACE, CERTIFICATE_FILE, type Snippet, type Use } from './use';
export { whereToPut } from './where';

/** Ready pieces of configuration for a new token: those that work with the key's role and limits, at this gate. */
export const snippets = (use: Use): Snippet[] => [
  ...trial(use),
  ...curl(use),
  ...alloy(use),
  ...prometheus(use),
  ...collector(use),
  ...shippers(use),
  ...pyroscope(use),
  ...python(use),
  ...deploy(use),
];
