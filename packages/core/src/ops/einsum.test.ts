// SPDX-License-Identifier: Apache-2.0
// Tests of sums of products against loops over all labels, and of what is refused.

import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { type Tensor, ones } from '../tf.ts';
import { einsum } from './einsum.ts';

const LENGTHS: Readonly<Record<string, number>> = { b: 2, i: 3, j: 4, k: 5 };

/** The definition: for every assignment of positions to labels, the product of the elements, added to the output's. */
function byLoops(equation: string, operands: readonly Tensor[]): number[] {
  const [left = '', output = ''] = equation.split('->');
  const terms = left.split(',');
  const labels = [...new Set(left.replaceAll(',', ''))];
  const at = (term: string, positions: Readonly<Record<string, number>>): number =>
    [...term].reduce((index, label) => index * LENGTHS[label] + positions[label], 0);
  const values = operands.map((operand) => operand.dataSync());
  const result = new Array<number>([...output].reduce((size, label) => size * LENGTHS[label], 1)).fill(0);
  const total = labels.reduce((size, label) => size * LENGTHS[label], 1);
  for (let n = 0; n < total; n++) {
    let left = n;
    const positions: Record<string, number> = {};
    for (const label of labels) {
      positions[label] = left % LENGTHS[label];
      left = Math.floor(left / LENGTHS[label]);
    }
    result[at(output, positions)] += terms.reduce((product, term, i) => product * values[i][at(term, positions)], 1);
  }
  return result;
}

const shapesOf = (equation: string): number[][] =>
  (equation.split('->')[0] ?? '').split(',').map((term) => [...term].map((label) => LENGTHS[label]));

describe.each(devices())('einsum on %s', (device) => {
  useDevice(device);

  it.each([
    'ij,jk->ik',
    'ij,jk->ki',
    'bij,bjk->bik',
    'ij,jk->k',
    'k,ij->jk',
    'i,j->ij',
    'ij,ij->',
    'ij->ji',
    'bij->j',
    'ij,jk,k->i',
    'bi,bj,bk->ijk',
  ])('%s is what loops give, with its gradient', (equation) => {
    const operands = shapesOf(equation).map((shape, seed) => randomTensor(shape, { seed }));
    const result = einsum(equation, ...operands);
    expect(result.shape).toEqual([...(equation.split('->')[1] ?? '')].map((label) => LENGTHS[label]));
    expect(result.reshape([-1])).toBeCloseToTensor(byLoops(equation, operands), tolerance('matmul', 60));
    checkGradient((...inputs) => einsum(equation, ...inputs), shapesOf(equation), { seed: 3 });
  });

  it.each([
    ['ij', [[2, 3]], 'ARGUMENT', /-> before the output/],
    ['ij,jk->ik', [[2, 3]], 'ARGUMENT', /1 terms/],
    ['ii->i', [[2, 2]], 'ARGUMENT', /no letter twice/],
    ['ij->ik', [[2, 3]], 'ARGUMENT', /output alone/],
    ['ij,jk->ik', [[2, 3], [4, 5]], 'SHAPE', /operand 1 of shape \[3, k\], received \[4, 5\]/], // prettier-ignore
    ['ij->i', [[2, 3, 4]], 'SHAPE', /operand 0 of shape \[i, j\]/],
  ] as [string, number[][], string, RegExp][])('refuses %s for %j', (equation, shapes, code, message) => {
    expect(() => einsum(equation, ...shapes.map((shape) => ones(shape)))).toThrowCode(code, message);
  });
});
