// SPDX-License-Identifier: Apache-2.0
// The accuracy that docs/accuracy.md states is kept, and every kernel that computes with float32 is in it or said not to be.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { root } from '../stage.mjs';
import { erf } from './elementwise.mjs';
import { loadAddon } from '../kernels/native.mjs';

/** Kernels that are compared with their definitions and PyTorch's numbers, but not with float64. */
const NOT_MEASURED = [
  /_grad(_in|_weight)?_f32$/, // gradients: finite differences
  /_step_f32$/, // optimizers: PyTorch's trajectories
  /^(ctc_loss|dropout|recurrent|self_attention|clip_by_global_norm)_f32$/, // self_attention: as attention
];
/** Kernels that only choose, compare, move or make elements. */
const EXACT = [
  /^random_|^fill_|^select_|^cast_|^is_|_(equal|less|greater)_|^(equal|less|greater)_|^floor_div_/,
  /^(reduce_max|reduce_min|arg_max|arg_min|max_pool|clip_by_value|embedding)_f32$/,
];

/** The stated errors, by kernel and inputs. */
function statedErrors() {
  const stated = new Map();
  let targets = [];
  for (const line of readFileSync(`${root}docs/accuracy.md`, 'utf8').split('\n')) {
    if (!line.startsWith('| ')) continue;
    const [kernel, inputs, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (kernel === 'kernel') targets = cells;
    else if (kernel.startsWith('`')) {
      const errors = new Map(cells.map((cell, i) => [targets[i], Number(cell)]));
      stated.set(`${kernel.slice(1, -1)}, ${inputs}`, errors);
    }
  }
  return stated;
}

describe('erf in float64', () => {
  // Abramowitz and Stegun, table 7.1, and the two sides of where its series ends.
  it.each([
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
    [2.499999, 0.9995930479],
    [2.500001, 0.9995930479],
  ])('at %d is %d', (x, expected) => expect(erf(x)).toBeCloseTo(expected, 7));
});

if (!existsSync(`${root}native/build/Release/nabla.node`)) {
  it('is left out: the addon is not built', () => expect(statedErrors().size).toBeGreaterThan(0));
} else {
  const addon = loadAddon();

  it('is as stated for every kernel, on every target of this machine', () => {
    const stated = statedErrors();
    // In a process of its own: jest's sandbox makes Math slow.
    const script = `${root}tools/accuracy/accuracy.mjs`;
    const rows = JSON.parse(execFileSync(process.execPath, [script, '--json'], { encoding: 'utf8' }));
    const worse = rows.flatMap(({ kernel, inputs, errors }) =>
      addon.targets().flatMap((target, i) => {
        const limit = stated.get(`${kernel}, ${inputs}`)?.get(target);
        if (limit === undefined && stated.has(`${kernel}, ${inputs}`)) return []; // a target of another processor
        return errors[i] <= limit ? [] : [`${kernel} on ${target}: stated ${limit}, measured ${errors[i]}`];
      }),
    );
    expect(worse).toEqual([]);
  });

  it('is stated for every kernel that computes with float32, or it is said here why not', () => {
    const stated = [...statedErrors().keys()].map((key) => key.split(/[ ,]/)[0]);
    const names = addon.description.map(({ name }) => name).filter((name) => name.endsWith('_f32'));
    const silent = names.filter(
      (name) => !stated.includes(name) && ![...NOT_MEASURED, ...EXACT].some((pattern) => pattern.test(name)),
    );
    expect(silent).toEqual([]);
  });
}
