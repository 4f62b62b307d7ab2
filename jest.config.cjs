// SPDX-License-Identifier: Apache-2.0
// All tests of the workspace in one run of jest.

/** @type {import('jest').Config} */
module.exports = {
  projects: ['<rootDir>/packages/*/jest.config.cjs', '<rootDir>/tools/jest.config.cjs'],
  maxWorkers: '100%',
  testTimeout: 60_000, // jest takes it from here, not from the projects
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
};
