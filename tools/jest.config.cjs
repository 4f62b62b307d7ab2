// SPDX-License-Identifier: Apache-2.0
// Tests of the tools, and those that need the built packages: examples in docstrings, the packages as a user gets them.
const preset = require('../jest.preset.cjs');

module.exports = {
  ...preset,
  displayName: 'tools',
  rootDir: __dirname,
  testMatch: ['<rootDir>/**/*.test.mjs'],
  transform: { '\\.mjs$': Object.values(preset.transform)[0] },
};
