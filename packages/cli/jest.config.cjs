// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/cli.
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'cli',
  rootDir: __dirname,
  testTimeout: 120_000, // some start processes that train
};
