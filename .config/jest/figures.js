// Browser tests that measure, which nothing may run beside: npm run figures.
module.exports = { ...require('./e2e'), testMatch: ['<rootDir>/src/e2e/**/*.figures.ts'] };
