// SPDX-License-Identifier: Apache-2.0
// The built packages as a user's program meets them: loaded by Node itself, without jest's transforms.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs an ES module in a process of its own, as a file of the workspace; what it prints as JSON. */
function runProgram(source) {
  const options = { cwd: join(import.meta.dirname, '../packages/cli'), encoding: 'utf8' };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], options);
  if (status !== 0) throw new Error(`the program failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

describe('the built @nabla/core', () => {
  it('has the gradients and chained methods of tfjs-core', () => {
    const result = runProgram(`
      import { tensor, valueAndGrad, variable, sum, square } from '@nabla/core';
      const x = variable(tensor([1, 2]));
      const { value, gradients } = valueAndGrad(() => sum(square(x)), [x]);
      console.log(JSON.stringify([x.add(1).arraySync(), value.arraySync(), gradients[0].arraySync()]));
    `);
    expect(result).toEqual([[2, 3], 5, [2, 4]]);
  });

  it('brings no second copy of tfjs-core', () => {
    const result = runProgram(`
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const tf = require('@tensorflow/tfjs-core');
      const flags = [];
      const register = tf.env().registerFlag;
      tf.env().registerFlag = function (name, ...rest) { flags.push(name); return register.call(this, name, ...rest); };
      const before = new Set(Object.keys(tf.env().flagRegistry ?? {}));
      await import('@nabla/core');
      console.log(JSON.stringify([flags.filter((name) => before.has(name)), typeof tf.Tensor.prototype.add]));
    `);
    expect(result).toEqual([[], 'function']);
  });
});
