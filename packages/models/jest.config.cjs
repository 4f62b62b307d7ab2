// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/models.
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'models',
  rootDir: __dirname,
  testTimeout: 120_000, // some train for thousands of steps
};
