// SPDX-License-Identifier: Apache-2.0
// Tests of rotary positions: products depend on distances, the two conventions, decoding, refusals; golden values are in the
// suite of all layers.

import { type Tensor, concat, gather, matMul, slice, square, sum, tensor1d } from '@nabla/core';
import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { RotaryEmbedding, type RotaryEmbeddingOptions } from './rotary-embedding.ts';

const exact = tolerance('exact');
const close = tolerance('matmul', 8);

function withRotary(options: RotaryEmbeddingOptions, f: (rotary: RotaryEmbedding) => void): void {
  const rotary = new RotaryEmbedding(20, 6, options);
  f(rotary);
  rotary.dispose();
}

const random = (time: number, seed: number): Tensor => randomTensor([2, 3, time, 6], { seed });

describe.each(devices())('RotaryEmbedding on %s', (device) => {
  useDevice(device);

  it.each<RotaryEmbeddingOptions>([{}, { pairs: 'halves' }, { base: 100 }])(
    'keeps lengths, and makes products depend on distances alone: %j',
    (options) => {
      withRotary(options, (rotary) => {
        const [query, key] = [random(4, 1), random(4, 2)];
        const products = (offset: number): Tensor =>
          matMul(rotary.forward(query, { offset }), rotary.forward(key, { offset }), false, true);
        expect(products(13)).toBeCloseToTensor(products(0), close);
        expect(sum(square(rotary.forward(query)), -1)).toBeCloseToTensor(sum(square(query), -1), close);
        expect(rotary.forward(query)).not.toBeCloseToTensor(query, close);
      });
    },
  );

  it('leaves position 0 as it is, and goes on from an offset as from the steps before it', () => {
    withRotary({}, (rotary) => {
      const x = random(5, 1);
      const step = (time: number): Tensor => slice(x, [0, 0, time, 0], [-1, -1, 1, -1]);
      const steps = [0, 1, 2, 3, 4].map((offset) => rotary.forward(step(offset), { offset }));
      expect(steps[0]).toBeCloseToTensor(step(0), exact);
      expect(concat(steps, 2)).toBeCloseToTensor(rotary.forward(x), exact);
      expect(rotary.forward(random(0, 1)).shape).toEqual([2, 3, 0, 6]);
    });
  });

  it('has one rotation in both conventions: only the order of the features differs', () => {
    const order = tensor1d([0, 2, 4, 1, 3, 5], 'int32'); // first members of the pairs, then second ones
    withRotary({ pairs: 'halves' }, (halves) => {
      withRotary({}, (neighbours) => {
        const x = random(4, 1);
        const expected = gather(neighbours.forward(x), order, -1);
        expect(halves.forward(gather(x, order, -1))).toBeCloseToTensor(expected, exact);
      });
    });
  });

  it.each<RotaryEmbeddingOptions>([{}, { pairs: 'halves' }])('has a gradient: %j', (options) => {
    withRotary(options, (rotary) => {
      checkGradient((x) => rotary.forward(x, { offset: 2 }), [[2, 3, 6]], { seed: 1 });
    });
  });

  it('refuses sizes, options and positions that do not fit', () => {
    expect(() => new RotaryEmbedding(0, 6)).toThrowCode('ARGUMENT', /maximumTime/);
    expect(() => new RotaryEmbedding(9, 0)).toThrowCode('ARGUMENT', /headSize/);
    expect(() => new RotaryEmbedding(9, 5)).toThrowCode('ARGUMENT', /headSize to be even/);
    expect(() => new RotaryEmbedding(9, 6, { base: 0 })).toThrowCode('ARGUMENT', /base/);
    const [interleaved, theta] = [{ pairs: 'interleaved' }, { theta: 1 }];
    expect(() => new RotaryEmbedding(9, 6, interleaved as object)).toThrowCode('ARGUMENT', /"neighbours"/);
    expect(() => new RotaryEmbedding(9, 6, theta as object)).toThrowCode('OPTION', /theta/);
    withRotary({}, (rotary) => {
      const run = (positions: object) => () => rotary.forward(random(4, 1), positions);
      expect(run({ offset: 17 })).toThrowCode('ARGUMENT', /at most 20 positions.* 21/);
      expect(run({ offset: -1 })).toThrowCode('ARGUMENT', /offset/);
      expect(run({ start: 1 })).toThrowCode('OPTION', /offset/);
      expect(() => rotary.forward(randomTensor([2, 4, 5], { seed: 1 }))).toThrowCode('SHAPE', /time, 6\]/);
    });
  });
});
