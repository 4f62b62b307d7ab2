// SPDX-License-Identifier: Apache-2.0
// Tests of tensors made of given values: shapes and dtypes as tfjs infers them, and what is refused.

import { devices, tolerance, useDevice } from '@nabla/testing';
import { type TensorLike, mul, tensor as tfjsTensor } from '../tf.ts';
import { tensor, tensor1d, tensor2d, tensor3d, tensor4d, tensor5d } from './tensor.ts';

describe.each(devices())('tensor on %s', (device) => {
  useDevice(device);

  it.each<[string, TensorLike, { shape?: number[]; dtype?: 'int32' | 'bool' }?]>([
    ['a number', 2.5],
    ['a boolean', true],
    ['a text', 'text'],
    ['a list', [1, 2, 3]],
    [
      'rows',
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      'rows of rows',
      [
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ],
    ],
    ['rows that are typed arrays', [new Float32Array([1, 2]), new Float32Array([3, 4])]],
    ['no elements', []],
    ['rows without elements', [[], []]],
    [
      'booleans',
      [
        [true, false],
        [false, true],
      ],
    ],
    ['booleans among numbers', [1, true, 0] as never],
    [
      'texts',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['integers', [1.9, -1.9, 2], { dtype: 'int32' }],
    ['numbers taken for booleans', [0, 0.4, 0.6, -2, NaN], { dtype: 'bool' }],
    ['numbers that are not finite', [NaN, Infinity, -Infinity]],
    ['a list of another shape', [1, 2, 3, 4], { shape: [2, 1, 2] }],
    [
      'rows cut at their end',
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      { shape: [2, 2, 2] },
    ],
    ['a number of one axis', 3, { shape: [1] }],
    ['floats', new Float32Array([1, 2]), { shape: [2, 1] }],
    ['bytes', new Uint8Array([1, 2])],
    ['bytes as booleans', new Uint8Array([1, 0]), { dtype: 'bool' }],
  ])('is what tfjs makes of %s', (_, values, { shape, dtype } = {}) => {
    const [ours, theirs] = [tensor(values, shape as never, dtype), tfjsTensor(values, shape as never, dtype)];
    expect([ours.shape, ours.dtype]).toEqual([theirs.shape, theirs.dtype]);
    expect(ours.arraySync()).toEqual(theirs.arraySync());
  });

  it('has the rank that its name tells', () => {
    expect(tensor1d([1, 2]).shape).toEqual([2]);
    expect(tensor2d([1, 2], [2, 1]).shape).toEqual([2, 1]);
    expect(tensor3d([[[1, 2]]]).shape).toEqual([1, 1, 2]);
    expect(tensor4d([[[[1, 2]]]], [1, 1, 1, 2], 'int32').dtype).toBe('int32');
    expect(tensor5d([[[[[1, 2]]]]]).shape).toEqual([1, 1, 1, 1, 2]);
    expect(() => tensor2d([1, 2])).toThrowCode(
      'RANK',
      /^tensor2d: expected values of shape \[\?, \?\], received \[2\]/,
    );
    expect(() => tensor1d([[1, 2]] as never)).toThrowCode('RANK', /tensor1d/);
    expect(() => tensor3d([1, 2], [1, 2] as never)).toThrowCode('ARGUMENT', /shape to have 3 axes, received \[1, 2\]/);
  });

  it.each<[TensorLike, RegExp]>([
    [[[1, 2], [3]], /^tensor: expected values\[1\] of shape \[2\], received \[1\]\. Lists beside each other/],
    [[[1, 2], [3], [4, 5, 6]], /values\[1\] of shape \[2\], received \[1\]/],
    [[[1], [2, 3]], /values\[1\] of shape \[1\], received \[2\]/],
    [[[1, 2], 3] as never, /values\[1\] of shape \[2\], received \[\]/],
    [[1, [2, 3]] as never, /values\[1\] of shape \[\], received \[2\]/],
    [
      [
        [[1], [2]],
        [[3], [4, 5]],
      ],
      /values\[1\]\[1\] of shape \[1\], received \[2\]/,
    ],
    [[[[1], [2]], [[3]]], /values\[1\] of shape \[2, 1\], received \[1, 1\]/],
    [[[[1], [2]], new Float32Array(2)] as never, /values\[1\]\[0\] of shape \[1\], received \[\]/],
    [[[], [1]], /values\[1\] of shape \[0\], received \[1\]/],
    [[new Float32Array(2), new Float32Array(3)], /values\[1\] of shape \[2\], received \[3\]/],
  ])('refuses lists whose rows differ: %j', (values, message) => {
    expect(() => tensor(values)).toThrowCode('RAGGED', message);
  });

  it('refuses another number of elements than the shape has, also where numbers would do', () => {
    const message = /values of shape \[2, 2\], received \[3\]\. That shape has 4 elements, the values are 3\./;
    expect(() => tensor2d([1, 2, 3], [2, 2])).toThrowCode('SHAPE', message);
    expect(() => tensor(new Float32Array(3), [2, 2])).toThrowCode('SHAPE', message);
    expect(() =>
      tensor2d(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [3, 2],
      ),
    ).toThrowCode('SHAPE', /\[3, 2\], received \[2, 3\]\.$/);
    expect(() => tensor([1], [-1])).toThrowCode('ARGUMENT', /shape to be a list of integers >= 0/);
  });

  it('refuses what is no number', () => {
    expect(() =>
      tensor([
        [1, 2],
        [3, undefined],
      ] as never),
    ).toThrowCode('ARGUMENT', /values\[1\]\[1\] .* undefined/);
    expect(() => tensor([1, '2'] as never)).toThrowCode('ARGUMENT', /values\[1\] to be a number, received "2"/);
    expect(() => tensor(null as never)).toThrowCode('ARGUMENT', /received null/);
    expect(() => tensor(new Float64Array(2) as never)).toThrowCode(
      'ARGUMENT',
      /received a Float64Array of 2\. Convert/,
    );
    expect(() => tensor([1], [1], 'float64' as never)).toThrowCode('ARGUMENT', /dtype to be one of/);
  });

  it('refuses lists whose rows differ where they stand for a tensor', () => {
    expect(() => mul(2, [[1, 2], [3]])).toThrow('Element arr[1] should have 2 elements, but has 1 elements');
    expect(
      mul(2, [
        [1, 2],
        [3, 4],
      ]),
    ).toBeCloseToTensor(
      [
        [2, 4],
        [6, 8],
      ],
      tolerance('exact'),
    );
  });
});
