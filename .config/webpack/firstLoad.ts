import { gzipSync } from 'zlib';
import webpack, { type Compiler } from 'webpack';

/** Lets a build fail whose first page would take too long to load. */
export class LimitFirstLoad {
  /**
   * @param groups the names of the entry and of the imports that the first page needs
   * @param most how large their scripts may be together, compressed, in units of 1000 bytes
   */
  constructor(
    private readonly groups: string[],
    private readonly most: number
  ) {}

  apply(compiler: Compiler) {
    compiler.hooks.thisCompilation.tap('LimitFirstLoad', (compilation) => {
      const stage = webpack.Compilation.PROCESS_ASSETS_STAGE_REPORT;
      compilation.hooks.processAssets.tap({ name: 'LimitFirstLoad', stage }, () => {
        const files = new Set<string>();
        for (const name of this.groups) {
          // Names of what is imported by a pattern go on with the file's.
          const [, group] =
            [...compilation.namedChunkGroups].find(([own]) => own === name || own.startsWith(`${name}-`)) ?? [];
          if (!group) {
            compilation.errors.push(new webpack.WebpackError(`There is no chunk called ${name} any more.`));
          }
          group?.getFiles().forEach((file) => /\.js($|\?)/.test(file) && files.add(file));
        }
        const sizes = [...files].map((file) => gzipSync(compilation.getAsset(file)!.source.buffer()).length);
        const size = sizes.reduce((sum, bytes) => sum + bytes, 0) / 1000;
        const of = this.groups.join(', ');
        process.stdout.write(`${size.toFixed(1).padStart(8)} kB gzipped  on first load; ${this.most} at most (${of})\n`);
        if (size > this.most) {
          compilation.errors.push(
            new webpack.WebpackError(`The first page loads ${size.toFixed(1)} kB of scripts; ${this.most} at most.`)
          );
        }
      });
    });
  }
}
