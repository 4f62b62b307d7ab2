// SPDX-License-Identifier: Apache-2.0
// Tests of the words for received values: all kinds of them, long ones, and those that hold themselves.

import { useDevice } from '@nabla/testing';

import { describeValue } from './describe-value.ts';
import { ones, variable } from './tf.ts';

useDevice('js');

class Layer {
  readonly self = this;
  readonly sizes = [1, 2];
}

const circle: unknown[] = [];
circle.push(circle, { circle });

it.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  [-0.5, '-0.5'],
  [NaN, 'NaN'],
  [3n, '3n'],
  [Symbol('axis'), 'Symbol(axis)'],
  ['no', '"no"'],
  ['two\n"lines"', '"two\\n\\"lines\\""'],
  ['x'.repeat(1000), `"${'x'.repeat(60)}…"`],
  [[1, ['a', null]], '[1, ["a", null]]'],
  [new Array(1000).fill(0), 'a list of 1000'],
  [{}, '{}'],
  [{ height: 3, ofWidth: [true] }, '{ height: 3, ofWidth: [true] }'],
  [Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`name${i}`, i])), 'an object of 9 entries'],
  [Object.create(null), '{}'],
  [{ constructor: 3 }, '{ constructor: 3 }'],
  [new Map(), 'an object of class Map'],
  [new Layer(), 'an object of class Layer'],
  [Layer, 'class Layer'],
  [function relu() {}, 'function relu'],
  [() => 1, 'a function'],
  [new Float32Array(5), 'a Float32Array of 5'],
  [new ArrayBuffer(5), 'an object of class ArrayBuffer'],
  [
    circle,
    '[[[a list of 2, an object of 1 entries], { circle: a list of 2 }], { circle: [a list of 2, an object of 1 entries] }]',
  ],
])('%p', (value, words) => expect(describeValue(value)).toBe(words));

it('words tensors by class, dtype and shape, disposed ones too', () => {
  const x = ones([2, 3]);
  const weight = variable(x);
  expect(describeValue([x, weight])).toBe('[a Tensor float32 [2, 3], a Variable float32 [2, 3]]');
  x.dispose();
  weight.dispose();
  expect(describeValue({ x })).toBe('{ x: a Tensor float32 [2, 3] }');
});
