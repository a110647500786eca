import path from 'path';
import type { Configuration } from 'webpack';

import type { Env } from './webpack.config.ts';
import { pages } from './console.ts';

/** The page that stands in for Grafana's in the end-to-end tests; it is built with what the console is built with. */
const config = (env: Env): Configuration => {
  const base = pages(env, '/');
  return {
    ...base,
    cache: {
      type: 'filesystem',
      name: 'grafana',
      buildDependencies: { config: [path.resolve('.config/webpack/grafana.ts')] },
    },
    // The whole of @grafana/data is shared, and parts of it name files without their endings.
    module: { rules: [...(base.module?.rules ?? []), { test: /\.m?js$/, resolve: { fullySpecified: false } }] },
    entry: { grafana: './e2e/grafana/frame.tsx' },
    output: { ...base.output, path: path.resolve('bin/test/grafana'), uniqueName: 'grafana' },
  };
};

export default config;
