// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/core.
module.exports = { ...require('../../jest.preset.cjs'), displayName: 'core', rootDir: __dirname };
