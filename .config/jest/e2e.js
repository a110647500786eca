// Browser tests against the real server and the built console: npm run e2e.
const base = require('./pages');

module.exports = {
  rootDir: base.rootDir,
  transform: base.transform,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/e2e/**/*.e2e.ts'],
  testTimeout: 180000,
  maxWorkers: 2, // most of their time is waiting
};
