import { defineConfig } from 'eslint/config';
import baseConfig from './.config/eslint.config.mjs';

export default defineConfig([
  {
    ignores: [
      '**/node_modules/',
      '**/coverage/',
      '**/dist/',
      'bin/',
      'build/',
      'data/',
      '.config/',
      'src/api/schema.ts',
    ],
  },
  ...baseConfig,
  {
    files: ['src/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'no-console': 'error',
      'react-hooks/exhaustive-deps': 'error',
    },
  },
  {
    // The console is a page of its own; everything else may run inside Grafana, whose location service it must use.
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/console.tsx', 'src/console/**', 'src/e2e/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'window', property: 'location', message: 'Use locationService or react-router.' },
        { object: 'document', property: 'location', message: 'Use locationService or react-router.' },
      ],
    },
  },
]);
