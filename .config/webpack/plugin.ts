import { readFileSync } from 'fs';
import path from 'path';
import { gzipSync } from 'zlib';
import type { Compiler, Configuration } from 'webpack';

import { LimitFirstLoad } from './firstLoad.ts';
import { texts } from './texts.ts';
import pluginConfig, { type Env } from './webpack.config.ts';

/** Prints how large the files are that Grafana loads, as a browser receives them. */
class PrintSizes {
  apply(compiler: Compiler) {
    compiler.hooks.done.tap('PrintSizes', (stats) => {
      if (stats.hasErrors()) {
        return;
      }
      const scripts = Object.keys(stats.compilation.assets).filter((name) => name.split('?')[0].endsWith('.js'));
      const sizes = scripts.map((name) => {
        const file = name.split('?')[0];
        return { file, bytes: gzipSync(readFileSync(path.join(compiler.outputPath, file))).length };
      });
      for (const { file, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
        process.stdout.write(`${(bytes / 1000).toFixed(1).padStart(8)} kB gzipped  ${file}\n`);
      }
    });
  }
}

/** What Grafana loads when somebody opens the app, in kilobytes as a browser receives them. */
const limits = (env: Env) =>
  env.production
    ? ['overview', 'keys'].map((page) => new LimitFirstLoad(['module', 'pages', page, 'texts-en-US'], 130))
    : [];

const config = async (env: Env): Promise<Configuration> => {
  const base = await pluginConfig(env);
  return {
    ...base,
    module: { ...base.module, rules: [...(base.module?.rules ?? []), ...texts] },
    plugins: [...(base.plugins ?? []), new PrintSizes(), ...limits(env)],
    stats: 'errors-warnings',
  };
};

export default config;
