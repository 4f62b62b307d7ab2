// SPDX-License-Identifier: Apache-2.0
// Tests of the distances between vectors.

import { ones, sum, tensor1d, tensor2d, valueAndGrad, variable, zeros } from '@nabla/core';
import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';

import { CosineSimilarity, PairwiseDistance, cosineSimilarity, pairwiseDistance } from './distances.ts';

describe.each(devices())('distances on %s', (device) => {
  useDevice(device);

  it('have the gradients of their formulas', () => {
    checkGradient((a, b) => cosineSimilarity(a, b), [[3, 17], [3, 17]], { seed: 1 }); // prettier-ignore
    for (const p of [1, 2, 2.5]) {
      checkGradient((a, b) => pairwiseDistance(a, b, { p }), [[2, 9], [2, 9]], { seed: 4 }); // prettier-ignore
    }
  });

  it('ignore the length of vectors, or measure it', () => {
    const [a, b] = [tensor2d([[3, 0], [0, 2]]), tensor2d([[5, 0], [0, -1]])]; // prettier-ignore
    expect(cosineSimilarity(a, b)).toBeCloseToTensor([1, -1], tolerance('reduce', 2));
    expect(pairwiseDistance(a, b, { epsilon: 0, keepAxis: true })).toBeCloseToTensor([[2], [3]]);
  });

  it('have gradient 0 where vectors are zero or equal', () => {
    using x = variable(zeros([2]));
    const cosine = valueAndGrad(() => cosineSimilarity(x, zeros([2])), [x]);
    expect(cosine.value).toBeCloseToTensor(0);
    expect(cosine.gradients[0]).toBeCloseToTensor([0, 0]);
    for (const p of [1, 2, 3]) {
      const distance = valueAndGrad(() => pairwiseDistance(x, zeros([2]), { epsilon: 0, p }), [x]);
      expect(distance.value).toBeCloseToTensor(0);
      expect(distance.gradients[0]).toBeCloseToTensor([0, 0]);
    }
  });

  it('pass NaN on, and take no rows', () => {
    const a = tensor2d([[NaN, 1], [1, 1]]); // prettier-ignore
    for (const distance of [cosineSimilarity, pairwiseDistance]) {
      const values = [...distance(a, ones([2, 2])).dataSync()];
      expect(values.map((value) => Number.isNaN(value))).toEqual([true, false]);
      using x = variable(zeros([0, 3]));
      const { value, gradients } = valueAndGrad(() => sum(distance(x, zeros([0, 3]))), [x]);
      expect([value.dataSync()[0], gradients[0].shape]).toEqual([0, [0, 3]]);
    }
  });
});

it('distances refuse other shapes and options', () => {
  for (const distance of [cosineSimilarity, pairwiseDistance]) {
    expect(() => distance(zeros([2, 3]), zeros([3]))).toThrowCode('SHAPE', /b of shape \[2, 3\], received \[3\]/);
    expect(() => distance(tensor1d([1]).sum(), tensor1d([1]).sum())).toThrowCode('RANK', /expected a/);
    expect(() => distance(zeros([2], 'int32'), zeros([2]))).toThrowCode('DTYPE', /expected a/);
  }
  const wrong = { eps: 1 } as object;
  expect(() => new CosineSimilarity(wrong)).toThrowCode('OPTION', /epsilon/);
  expect(() => new PairwiseDistance(wrong)).toThrowCode('OPTION', /epsilon/);
  expect(() => new CosineSimilarity({ epsilon: 0 })).toThrowCode('ARGUMENT', /epsilon/);
  expect(() => new PairwiseDistance({ p: 0.5 })).toThrowCode('ARGUMENT', /p to be a number >= 1/);
  expect(() => new PairwiseDistance({ epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
  expect(() => new PairwiseDistance({ keepAxis: 1 as never })).toThrowCode('ARGUMENT', /keepAxis/);
});
