// Times in tests are the same wherever they run.
process.env.TZ = 'UTC';

const path = require('path');
const base = require('../jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./utils');

const [swc] = Object.values(base.transform);

module.exports = {
  ...base,
  rootDir: path.resolve(__dirname, '../..'),
  setupFilesAfterEnv: ['<rootDir>/.config/jest/setup.js'],
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '\\.svg$': '<rootDir>/src/test/svg.ts',
    // The router that Grafana's links look for; two copies would not share their context.
    '^react-router-dom-v5-compat$': '<rootDir>/node_modules/react-router-dom',
  },
  // Webpack's, which the console asks where it lies.
  globals: { ...base.globals, __webpack_public_path__: '/' },
  // Some of Grafana's dependencies come as .mjs, which the template leaves alone.
  transform: { '^.+\\.m?[tj]sx?$': swc },
  transformIgnorePatterns: [nodeModulesToTransform(grafanaESModules)],
};
