// SPDX-License-Identifier: Apache-2.0
// Tests of tensors as text: what console.log and JSON.stringify make of them.

import { devices, useDevice } from '@nabla/testing';
import { inspect } from 'node:util';

import './tensor-text.ts';
import { complex, ones, range, reshape, scalar, tensor, variable, zeros } from './tf.ts';

describe.each(devices())('a tensor as text on %s', (device) => {
  useDevice(device);

  it.each([
    [[1, 2, 3], 'float32', 'Tensor float32 [3]\n[1, 2, 3]'],
    [
      [
        [1, 2.5],
        [-3, 4],
      ],
      'float32',
      'Tensor float32 [2, 2]\n[[ 1.0000,  2.5000],\n [-3.0000,  4.0000]]',
    ],
    [
      [
        [[1], [2]],
        [[3], [-4]],
      ],
      'int32',
      'Tensor int32 [2, 2, 1]\n[[[ 1],\n  [ 2]],\n\n [[ 3],\n  [-4]]]',
    ],
    [[true, false], 'bool', 'Tensor bool [2]\n[ true, false]'],
    [['a', 'b"'], 'string', 'Tensor string [2]\n[  "a", "b\\""]'],
    [[0.5, NaN, Infinity], 'float32', 'Tensor float32 [3]\n[  0.5000,      NaN, Infinity]'],
    [[NaN, 0], 'float32', 'Tensor float32 [2]\n[NaN,   0]'],
    [[0.00001, 1], 'float32', 'Tensor float32 [2]\n[1.0000e-5, 1.0000e+0]'],
    [[0.5, 1000], 'float32', 'Tensor float32 [2]\n[5.0000e-1, 1.0000e+3]'],
    [2.5, 'float32', 'Tensor float32 []\n2.5000'],
    [[], 'float32', 'Tensor float32 [0]\n[]'],
    [[[], []], 'float32', 'Tensor float32 [2, 0]\n[[],\n []]'],
  ] as const)('is dtype, shape and values: %j', (values, dtype, text) => {
    expect(inspect(tensor(values as never, undefined, dtype))).toBe(text);
  });

  it('shows the ends of the axes of a large one, and fills lines', () => {
    const rows = inspect(reshape(range(0, 2000), [200, 10])).split('\n');
    expect(rows).toHaveLength(8);
    expect(rows.slice(1, 3)).toEqual([
      '[[   0,    1,    2, …,    7,    8,    9],',
      ' [  10,   11,   12, …,   17,   18,   19],',
    ]);
    expect(rows[4]).toBe(' …,');
    expect(rows.at(-1)).toBe(' [1990, 1991, 1992, …, 1997, 1998, 1999]]');
    const lines = inspect(range(0, 1000)).split('\n');
    expect(lines).toHaveLength(1 + Math.ceil(1000 / 15));
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(inspect(zeros([1025, 1024]))).toBe('Tensor float32 [1025, 1024], 1,049,600 values');
  });

  it('is short inside of other values, and says where there is none any more', () => {
    const x = ones([2]);
    expect(inspect({ x })).toBe('{\n  x: Tensor float32 [2]\n  [1, 1]\n}');
    expect(inspect({ a: { b: { c: { x } } } })).toContain('[Object]');
    expect(inspect({ a: { b: { x } } }, { depth: 1 })).toContain('[Object]');
    expect(inspect([[[x]]])).toContain('[Tensor float32 [2]]');
    x.dispose();
    expect(inspect(x)).toBe('Tensor float32 [2], disposed');
    const weight = variable(zeros([1]));
    expect(inspect(weight)).toBe('Variable float32 [1]\n[0]');
    weight.dispose();
  });

  it('is nested lists as JSON', () => {
    expect(
      JSON.stringify({
        loss: scalar(0.5),
        x: tensor([
          [1, 2],
          [3, NaN],
        ]),
      }),
    ).toBe('{"loss":0.5,"x":[[1,2],[3,null]]}');
    expect(JSON.stringify(tensor([true]))).toBe('[1]');
  });

  it('is without values where they are complex', () => {
    expect(inspect(complex([1, 2], [3, 4]))).toBe('Tensor complex64 [2]');
  });
});
