// SPDX-License-Identifier: Apache-2.0
// Tests of dropout on every device.

import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { Generator } from '../random.ts';
import { type Tensor, fill, tensor1d, zeros } from '../tf.ts';
import { dropout, plainDropout } from './dropout.ts';

const generator = (): Generator => Generator.fromState({ seed: 2 ** 40 + 3, offset: 5 });

describe.each(devices())('dropout on %s', (device) => {
  useDevice(device);

  it.each([0, 1, 7, 15, 16, 17, 31, 33, 63, 65, 100, 5000])('equals its formula on %i elements', (count) => {
    const x = randomTensor([count], { seed: count });
    const options = { probability: 0.3 };
    const expected = plainDropout(x, { ...options, generator: generator() });
    expect(dropout(x, { ...options, generator: generator() })).toBeCloseToTensor(expected, tolerance('elementwise'));
  });

  it('reads 64-bit seeds and carries into the upper word of the counter', () => {
    const at = (offset: number): Generator => Generator.fromState({ seed: 2 ** 53 - 1, offset });
    const x = fill([200], 1);
    for (const offset of [2 ** 32 - 3, 2 ** 45]) {
      const expected = plainDropout(x, { generator: at(offset) });
      expect(dropout(x, { generator: at(offset) })).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it('has the gradient of its formula: what is kept now is kept in the backward pass', () => {
    const f = (op: typeof dropout) => (x: Tensor) => op(x, { probability: 0.4, generator: generator() });
    checkGradient(f(dropout), [[5, 13]], { plain: f(plainDropout), seed: 3 });
  });

  it('keeps about the given share and the mean', () => {
    const values = dropout(fill([100000], 1), { probability: 0.2, generator: generator() }).dataSync();
    const kept = values.filter((value) => value !== 0);
    expect(kept.length / values.length).toBeCloseTo(0.8, 2);
    expect(kept.every((value) => value === 1.25)).toBe(true);
  });

  it('draws blocks of its generator, new ones each time', () => {
    const one = new Generator(1);
    const [first, second] = [0, 1].map(() => dropout(fill([9], 1), { generator: one }));
    expect(one.offset).toBe(6);
    expect(first).not.toBeCloseToTensor(second);
  });

  it('keeps everything at 0, without drawing, and nothing at 1, not even NaN', () => {
    const one = new Generator(1);
    const x = tensor1d([1, NaN, -Infinity]);
    expect(dropout(x, { probability: 0, generator: one })).toBeCloseToTensor(x, tolerance('exact'));
    expect(one.offset).toBe(0);
    expect(dropout(x, { probability: 1, generator: one })).toBeCloseToTensor(zeros([3]), tolerance('exact'));
  });

  it('refuses other element types, probabilities and options', () => {
    const one = new Generator(1);
    expect(() => dropout(tensor1d([1], 'int32'), { generator: one })).toThrowCode('DTYPE');
    expect(() => dropout(tensor1d([1]), { probability: 1.5, generator: one })).toThrowCode('ARGUMENT', /probability/);
    expect(() => dropout(tensor1d([1]), { p: 0.5, generator: one } as never)).toThrowCode('OPTION');
  });
});
