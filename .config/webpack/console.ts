import CopyWebpackPlugin from 'copy-webpack-plugin';
import path from 'path';
import TerserPlugin from 'terser-webpack-plugin';
import webpack, { type Compiler, type Configuration } from 'webpack';

import { LimitFirstLoad } from './firstLoad.ts';
import { texts } from './texts.ts';
import type { Env } from './webpack.config.ts';

const source = path.resolve(process.cwd(), 'src');
const output = path.resolve(process.cwd(), 'pkg/console/dist');
const instead = path.join(source, 'console/instead');
const modules = path.resolve(process.cwd(), 'node_modules');

/** Writes index.html, which names the hashed scripts of the entry, below a root: ./ is changed by the server. */
class IndexHtml {
  constructor(private readonly root: string) {}

  apply(compiler: Compiler) {
    compiler.hooks.thisCompilation.tap('IndexHtml', (compilation) => {
      const stage = webpack.Compilation.PROCESS_ASSETS_STAGE_SUMMARIZE;
      compilation.hooks.processAssets.tap({ name: 'IndexHtml', stage }, () => {
        const files = [...compilation.entrypoints.values()].flatMap((entry) => entry.getFiles());
        const scripts = files
          .filter((f) => f.endsWith('.js'))
          .map((f) => `    <script defer src="${this.root}${f}"></script>`);
        const html = [
          '<!doctype html>',
          '<html lang="en">',
          '  <head>',
          '    <meta charset="utf-8" />',
          '    <meta name="viewport" content="width=device-width, initial-scale=1" />',
          '    <meta name="color-scheme" content="dark light" />',
          '    <title>Ostiary</title>',
          `    <link rel="icon" type="image/svg+xml" href="${this.root}public/logo.svg" />`,
          ...scripts,
          '  </head>',
          '  <body>',
          '    <noscript>The console of Ostiary needs JavaScript. The command line, ostiary, does the same without.</noscript>',
          '    <div id="root"></div>',
          '  </body>',
          '</html>',
          '',
        ].join('\n');
        compilation.emitAsset('index.html', new webpack.sources.RawSource(html));
      });
    });
  }
}

/**
 * The console: the plugin's pages, with their own copy of everything that Grafana would bring.
 * @param root where they are served; without it, below any path
 */
export const pages = (env: Env, root?: string): Configuration => ({
  cache: {
    type: 'filesystem',
    buildDependencies: { config: [path.resolve(process.cwd(), '.config/webpack/console.ts')] },
  },
  context: source,
  devtool: env.production ? false : 'source-map',
  entry: { console: './console.tsx' },
  mode: env.production ? 'production' : 'development',
  module: {
    rules: [
      ...texts,
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        use: {
          loader: 'swc-loader',
          options: { jsc: { target: 'es2020', parser: { syntax: 'typescript', tsx: true, dynamicImport: true } } },
        },
      },
      // Icons are compiled in, because the policy and a flaky network would leave blanks otherwise.
      { test: /\.svg$/, include: path.join(modules, '@grafana/ui/dist/public/img/icons'), type: 'asset/source' },
      { test: /\.svg$/, include: source, type: 'asset/resource', generator: { filename: 'assets/[contenthash][ext]' } },
      // A library's style sheet would become an inline style tag, which the policy refuses; none of ours is used.
      { test: /\.css$/, use: ['css-loader'] },
    ],
  },
  optimization: {
    minimizer: [new TerserPlugin({ extractComments: false, parallel: 2, minify: TerserPlugin.swcMinify })],
    splitChunks: {
      chunks: 'all',
      cacheGroups: { vendor: { test: /node_modules/, name: 'vendor', chunks: 'initial' } },
    },
  },
  output: {
    clean: { keep: /\.gitignore/ },
    path: output,
    publicPath: root ?? 'auto',
    filename: 'assets/[name].[contenthash].js',
    chunkFilename: 'assets/[name].[contenthash].js',
    uniqueName: 'ostiary-console',
  },
  performance: { hints: false },
  plugins: [
    new IndexHtml(root ?? './'),
    // What a browser loads until the first page is there, in kilobytes as it receives them.
    ...(env.production && !root
      ? ['overview', 'keys'].map((page) => new LimitFirstLoad(['console', page, 'texts-en-US'], 350))
      : []),
    // Grafana's further themes, and its pictures of empty pages.
    new webpack.NormalModuleReplacementPlugin(/\/themes\/registry\.mjs$/, path.join(instead, 'themes.ts')),
    new webpack.NormalModuleReplacementPlugin(/\/grot-[a-z-]+\.svg\.mjs$/, path.join(instead, 'nothing.ts')),
    // Moment's locales are not used; times are written by Intl and by Grafana's own formats.
    new webpack.IgnorePlugin({ resourceRegExp: /^\.\/locale$/, contextRegExp: /moment$/ }),
    new CopyWebpackPlugin({
      patterns: [
        { from: 'img/logo.svg', to: 'public/logo.svg' },
        // Under the names by which Grafana's global styles ask for them.
        ...['Regular', 'Medium', 'Italic', 'MediumItalic'].map((style) => ({
          from: path.join(modules, `inter-ui/web-latin/Inter-${style}-subset.woff2`),
          to: `public/fonts/inter/Inter-${style}.woff2`,
        })),
        {
          from: path.join(modules, '@fontsource-variable/roboto-mono/files/roboto-mono-latin-wght-normal.woff2'),
          to: 'public/fonts/roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2',
        },
      ],
    }),
  ],
  resolve: {
    extensions: ['.ts', '.tsx', '.mjs', '.js'],
    modules: [source, 'node_modules'],
    alias: {
      // One copy of each: two would not share their context or their style sheet.
      '@emotion/css': path.join(modules, '@emotion/css'),
      'react-router-dom-v5-compat': path.join(modules, 'react-router-dom'),
      'grafana-icons': path.join(modules, '@grafana/ui/dist/public/img/icons'),
      // The same functions, of which only those that are called are taken.
      lodash$: 'lodash-es',
      // What is large and not needed: see the README there.
      zod$: path.join(instead, 'nothing.ts'),
      semver$: path.join(instead, 'semver.ts'),
      'react-dom/server$': path.join(instead, 'reactDomServer.ts'),
      'moment-timezone$': path.join(modules, 'moment-timezone/builds/moment-timezone-with-data-10-year-range.js'),
    },
  },
  stats: 'errors-warnings',
});

const config = (env: Env): Configuration => pages(env);

export default config;
