// SPDX-License-Identifier: Apache-2.0
// Reading, adding and writing by index, against loops written out here, on every device.

import {
  describeOnNative,
  devices,
  randomIntegers,
  randomMask,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { grad } from '../../grad.ts';
import { runKernelForOne } from '../../ops/run.ts';
import { sizeOf } from '../../shape.ts';
import { type Tensor, gather, mul, oneHot, tensor, tensor1d, tensor2d, zeros } from '../../tf.ts';

const exact = tolerance('exact');

function data(shape: number[], dtype: 'float32' | 'int32' | 'bool'): Tensor {
  if (dtype === 'float32') return randomTensor(shape, { seed: 1 });
  return dtype === 'int32' ? randomIntegers(shape, 1e6, { seed: 2 }) : randomMask(shape, { seed: 3 });
}

const segmentSum = (x: Tensor, segmentIds: Tensor, numSegments: number): Tensor =>
  runKernelForOne('UnsortedSegmentSum', { x, segmentIds }, { numSegments });

describe.each(devices())('indices on %s', (device) => {
  useDevice(device);

  describe.each(['float32', 'int32', 'bool'] as const)('%s', (dtype) => {
    it.each([
      [[7], [5], 0, 0],
      [[7, 17], [40], 0, 0],
      [[3, 9, 2], [4], 1, 0],
      [[3, 9, 1], [2, 3], 1, 0],
      [[3, 4, 9], [3, 5], 2, 1],
      [[3, 9, 2], [3, 5], 1, 1],
      [[2, 3, 5, 4], [2, 3, 6], 2, 2],
      [[4, 3], [], 0, 0],
      [[4, 3], [0], 0, 0],
      [[0, 3], [0], 0, 0],
    ])(
      'gathers from %j by indices of shape %j along axis %i after %i batch axes',
      (shape, indexShape, axis, batchDims) => {
        const x = data(shape, dtype);
        const indices = randomIntegers(indexShape, shape[axis], { seed: 4 });
        const [batch, outer] = [sizeOf(shape.slice(0, batchDims)), sizeOf(shape.slice(batchDims, axis))];
        const [length, slice] = [shape[axis], sizeOf(shape.slice(axis + 1))];
        const count = sizeOf(indexShape.slice(batchDims));
        const [values, places] = [x.dataSync(), indices.dataSync()];
        const expected: number[] = [];
        for (let b = 0; b < batch; b++)
          for (let o = 0; o < outer; o++)
            for (let n = 0; n < count; n++)
              for (let s = 0; s < slice; s++)
                expected.push(values[((b * outer + o) * length + places[b * count + n]) * slice + s]);
        const outShape = [...shape.slice(0, axis), ...indexShape.slice(batchDims), ...shape.slice(axis + 1)];
        expect(gather(x, indices, axis, batchDims)).toBeCloseToTensor(
          { shape: outShape, dtype, values: expected },
          exact,
        );
      },
    );
  });

  it.each([[-1], [4], [2 ** 31 - 1], [-(2 ** 31)]])('refuses the index %i', (index) => {
    const indices = tensor1d([0, index], 'int32');
    expect(() => gather(zeros([4, 2]), indices)).toThrow(new RegExp(`index value ${index} is not in \\[0, 3\\]`));
    expect(() => gather(zeros([0, 2]), indices)).toThrow(/index value/);
  });

  it('adds the gradient of a gather up', () => {
    const indices = tensor1d([2, 0, 2], 'int32');
    const weights = tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const gradient = grad((x: Tensor) => mul(gather(x, indices), weights))(zeros([4, 2]));
    expect(gradient).toBeCloseToTensor(
      [
        [3, 4],
        [0, 0],
        [6, 8],
        [0, 0],
      ],
      exact,
    );
  });

  it.each([
    [[1], 1],
    [[50], 7],
    [[33, 17], 5],
    [[20, 3, 130], 4],
    [[9, 0], 3],
  ])('adds rows of %j up by %i segments, and passes over all other segments', (shape, groups) => {
    const x = randomTensor(shape, { seed: 5 });
    const ids = Int32Array.from({ length: shape[0] }, (_, n) => ((n * 7) % (groups + 2)) - 1);
    const slice = sizeOf(shape.slice(1));
    const values = new Array<number>(groups * slice).fill(0);
    ids.forEach((id, n) => {
      if (id >= 0 && id < groups) for (let s = 0; s < slice; s++) values[id * slice + s] += x.dataSync()[n * slice + s];
    });
    const expected = { shape: [groups, ...shape.slice(1)], dtype: 'float32', values };
    expect(segmentSum(x, tensor1d(ids, 'int32'), groups)).toBeCloseToTensor(expected, tolerance('matmul', shape[0]));
  });

  it('keeps NaN in its segment', () => {
    const sums = segmentSum(tensor1d([1, NaN, 3]), tensor1d([1, 2, 1], 'int32'), 4);
    if (device === 'js') return; // tfjs multiplies by 0, which spreads it
    expect(sums).toBeCloseToTensor([0, 4, NaN, 0], exact);
  });

  it('leaves integers and other ranks of segments to the definition', () => {
    const ids = tensor1d([0, 1, 0], 'int32');
    expect(segmentSum(tensor1d([1, 2, 3], 'int32'), ids, 2)).toBeCloseToTensor([4, 2], exact);
    const nested = tensor2d([[0, 1]], [1, 2], 'int32');
    expect(segmentSum(tensor2d([[1, 2]]), nested, 2)).toBeCloseToTensor(
      [
        [1, 0],
        [0, 2],
      ],
      exact,
    );
  });

  it.each(['float32', 'int32', 'bool'] as const)('writes one hot rows of %s', (dtype) => {
    for (const depth of [2, 17, 40]) {
      const indices = tensor([0, 1, -1, depth - 1, depth, 1], [2, 3], 'int32');
      const values = [...indices.dataSync()].flatMap((i) => Array.from({ length: depth }, (_, d) => Number(d === i)));
      const expected = { shape: [2, 3, depth], dtype, values };
      expect(oneHot(indices, depth, 1, 0, dtype)).toBeCloseToTensor(expected, exact);
    }
    expect(oneHot(zeros([0], 'int32'), 3, 1, 0, dtype).shape).toEqual([0, 3]);
  });

  it('writes any two values', () => {
    const indices = tensor1d([1, 0], 'int32');
    expect(oneHot(indices, 2, -0.5, NaN, 'float32')).toBeCloseToTensor(
      [
        [NaN, -0.5],
        [-0.5, NaN],
      ],
      exact,
    );
    expect(oneHot(indices, 2, -7, 9, 'int32')).toBeCloseToTensor(
      [
        [9, -7],
        [-7, 9],
      ],
      exact,
    );
  });
});

describeOnNative('threads on %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it('give the same bits in any number', () => {
    const x = randomTensor([500, 300], { seed: 6 });
    const ids = randomIntegers([500], 40, { seed: 7 });
    setThreads(1);
    const [sums, rows] = [segmentSum(x, ids, 40), gather(x, ids)];
    setThreads(3);
    expect(segmentSum(x, ids, 40)).toBeCloseToTensor(sums, exact);
    expect(gather(x, ids)).toBeCloseToTensor(rows, exact);
  });
});
