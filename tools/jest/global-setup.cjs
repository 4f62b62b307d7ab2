// SPDX-License-Identifier: Apache-2.0
// Runs once before the tests of a package: makes the generated file that @nabla/core imports.
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = () => {
  const script = join(__dirname, '../../packages/core/scripts/bundle-gradients.mjs');
  execFileSync(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] });
};
