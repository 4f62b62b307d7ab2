// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/data.
module.exports = { ...require('../../jest.preset.cjs'), displayName: 'data', rootDir: __dirname };
