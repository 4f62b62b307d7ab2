// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/optimizers.
module.exports = { ...require('../../jest.preset.cjs'), displayName: 'optimizers', rootDir: __dirname };
