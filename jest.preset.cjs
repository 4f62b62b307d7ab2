// SPDX-License-Identifier: Apache-2.0
// What the jest configurations of all packages share: TypeScript sources, tests beside them, no build needed.
const { join } = require('node:path');

// Set here, not in a setup file: the addon reads the environment of the process, and tests see only a copy of it.
// One thread per jest worker, so that the workers together do not oversubscribe the machine.
process.env.NABLA_THREADS ??= '1';

const swc = {
  swcrc: false,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', explicitResourceManagement: true },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: join(__dirname, 'tools/jest/environment.cjs'),
  globalSetup: join(__dirname, 'tools/jest/global-setup.cjs'),
  testTimeout: 60_000, // training tests on a busy machine take a while
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  transform: { '\\.[cm]?ts$': ['@swc/jest', swc] },
  // The sources of the packages themselves, so that tests need no build and see one copy of everything.
  moduleNameMapper: {
    '^@nabla/(core|layers|optimizers|data|models|cli|testing)$': join(__dirname, 'packages/$1/src/index.ts'),
  },
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json', 'node'],
  cacheDirectory: join(__dirname, 'node_modules/.cache/jest'),
};
