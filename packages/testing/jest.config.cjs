// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/testing.
module.exports = { ...require('../../jest.preset.cjs'), displayName: 'testing', rootDir: __dirname };
