// Times in tests are the same wherever they run.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

module.exports = {
  ...base,
  moduleNameMapper: { ...base.moduleNameMapper, '\\.svg$': '<rootDir>/src/test/svg.ts' },
  testTimeout: 20000,
  transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, 'i18next'])],
};
