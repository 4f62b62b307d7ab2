// SPDX-License-Identifier: Apache-2.0
// Tests of @nabla/layers.
module.exports = { ...require('../../jest.preset.cjs'), displayName: 'layers', rootDir: __dirname };
