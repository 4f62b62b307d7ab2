// SPDX-License-Identifier: Apache-2.0
// Tests of sorting, picking the largest and the largest so far; golden values stand in tensor-ops.test.ts.

import { checkGradient, devices, randomIntegers, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { ones, tensor1d, tensor2d, zeros } from '../tf.ts';
import { cumulativeMax } from './cumulative-max.ts';
import { gatherAlong } from './gather-along.ts';
import { argSort, sort, topk } from './sort.ts';

describe.each(devices())('sort on %s', (device) => {
  useDevice(device);

  // Short rows are sorted by insertion, long ones by digits.
  it.each([1, 2, 47, 48, 49, 1000])('equals the sort of JavaScript for %i elements', (length) => {
    for (const x of [randomTensor([3, length], { seed: length }), randomIntegers([3, length], 9, { seed: length })]) {
      const rows = x.arraySync() as number[][];
      const ascending = rows.map((row) => row.map((_, i) => i).sort((i, j) => row[i] - row[j]));
      const descending = rows.map((row) => row.map((_, i) => i).sort((i, j) => row[j] - row[i]));
      expect(argSort(x).arraySync()).toEqual(ascending);
      expect(argSort(x, { descending: true }).arraySync()).toEqual(descending);
      expect(sort(x).values).toBeCloseToTensor(gatherAlong(x, argSort(x)), tolerance('exact'));
    }
  });

  it.each([60, 8])('puts NaN behind infinity, and takes zeros of both signs for equal, among %i', (length) => {
    const values = [NaN, 0, Infinity, -0, -Infinity, 1, -1, NaN];
    const x = tensor1d([...values, ...new Array<number>(length - 8).fill(2)]);
    const tail = Array.from({ length: length - 8 }, (_, i) => i + 8);
    expect(argSort(x).arraySync()).toEqual([4, 6, 1, 3, 5, ...tail, 2, 0, 7]);
    expect(argSort(x, { descending: true }).arraySync()).toEqual([0, 7, 2, ...tail, 5, 1, 3, 6, 4]);
  });

  it('gives the positions beside the values', () => {
    const x = tensor2d([[3, 1], [2, 5]]); // prettier-ignore
    expect(sort(x, { axis: 0 }).indices.arraySync()).toEqual([[1, 0], [0, 1]]); // prettier-ignore
    const { values, indices } = topk(x, 1, { largest: false });
    expect([values.arraySync(), indices.arraySync()]).toEqual([[[1], [2]], [[1], [0]]]); // prettier-ignore
    expect(cumulativeMax(tensor1d([1, 1, 0, NaN, 5])).indices.arraySync()).toEqual([0, 1, 1, 3, 3]);
  });

  it('has a gradient', () => {
    checkGradient((x) => sort(x, { axis: 1 }).values, [[2, 5, 3]], { seed: 2 });
    checkGradient((x) => topk(x, 2, { axis: 0, largest: false }).values, [[4, 3]], { seed: 2 });
    checkGradient((x) => cumulativeMax(x, 0).values, [[5, 3]], { seed: 2 });
  });

  it('takes empty tensors', () => {
    expect(sort(zeros([2, 0])).values.shape).toEqual([2, 0]);
    expect(topk(zeros([0, 3]), 2).values.shape).toEqual([0, 2]);
    expect(cumulativeMax(zeros([0, 3])).values.shape).toEqual([0, 3]);
  });

  it('refuses axes, counts and options that there are not', () => {
    expect(() => sort(ones([2]), { axis: 1 })).toThrowCode('AXIS');
    expect(() => argSort(ones([]))).toThrowCode('AXIS');
    expect(() => sort(ones([2]), { ascending: true } as object)).toThrowCode('OPTION');
    expect(() => sort(ones([2]), { descending: 1 } as never)).toThrowCode('ARGUMENT', /descending/);
    expect(() => topk(ones([2]), 3)).toThrowCode('ARGUMENT', /count to be an integer >= 0 and <= 2/);
    expect(() => topk(ones([2]), 1, { axis: 1 })).toThrowCode('AXIS');
    expect(() => cumulativeMax(ones([2]), -2)).toThrowCode('AXIS');
    expect(() => sort([1] as never)).toThrowCode('TENSOR');
  });
});
