// Puts the pictures that the documents show into docs/img, with few colours and so with few bytes: npm run screenshots.
import { execFileSync } from 'child_process';
import { readdirSync } from 'fs';

const TAKEN = 'build/pictures';
const SHOWN = 'docs/img';

const taken = readdirSync(TAKEN);
for (const name of readdirSync(SHOWN).filter((name) => taken.includes(name))) {
  execFileSync('pngquant', [
    ...['--force', '--strip', '--speed', '1', '--quality', '90-100'],
    ...['--output', `${SHOWN}/${name}`, `${TAKEN}/${name}`],
  ]);
}
