// SPDX-License-Identifier: Apache-2.0
// Tests of gelu on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { tensor1d, zeros } from '../tf.ts';
import { gelu, plainGelu } from './gelu.ts';

const FORMS = ['none', 'tanh'] as const;
const recorded = golden('activations').cases.filter(({ options }) => /^gelu/.test(options.activation));

describe.each(devices())('gelu on %s', (device) => {
  useDevice(device);

  describe.each(FORMS)('approximate %s', (approximate) => {
    it.each([0, 1, 7, 15, 16, 17, 31, 33, 100, 5000])('equals its formula on %i elements', (count) => {
      const x = randomTensor([count], { seed: count, low: -9, high: 9 });
      expect(gelu(x, { approximate })).toBeCloseToTensor(plainGelu(x, { approximate }), tolerance('transcendental'));
    });

    it('has the gradient of its formula', () => {
      const f = (x: Parameters<typeof gelu>[0]): ReturnType<typeof gelu> => gelu(x, { approximate });
      checkGradient(f, [[3, 17]], { plain: (x) => plainGelu(x, { approximate }), seed: 1 });
    });

    it('keeps shapes, NaN, infinity and the sign of zero', () => {
      expect(gelu(zeros([2, 3, 4]), { approximate }).shape).toEqual([2, 3, 4]);
      expect(gelu(zeros([]), { approximate })).toBeCloseToTensor(0);
      expect(gelu(tensor1d([NaN, Infinity, 0, 20, -20]), { approximate })).toBeCloseToTensor([
        NaN,
        Infinity,
        0,
        20,
        -0,
      ]);
      expect(Object.is(gelu(tensor1d([-0]), { approximate }).dataSync()[0], -0)).toBe(true);
    });
  });

  it('is exact to float32 in the tails', () => {
    const expected = [-0.15865525, -0.04550026, -0.00404951, -0.00012668, 0.84134475, 2.99595];
    expect(gelu(tensor1d([-1, -2, -3, -4, 1, 3]))).toBeCloseToTensor(expected, { absolute: 5e-7, relative: 3e-7 });
  });

  it.each(recorded)('equals PyTorch: $name', (testCase) => {
    const approximate = testCase.options.activation === 'gelu' ? 'none' : 'tanh';
    checkGolden(testCase, ({ x }) => gelu(x, { approximate }));
  });

  it('refuses other element types, forms and options', () => {
    expect(() => gelu(tensor1d([1], 'int32'))).toThrowCode('DTYPE', /gelu: expected x of dtype float32/);
    expect(() => gelu(tensor1d([1]), { approximate: 'tan' as 'tanh' })).toThrowCode('ARGUMENT', /"tanh"/);
    expect(() => gelu(tensor1d([1]), { aproximate: 'tanh' } as object)).toThrowCode('OPTION', /approximate/);
  });
});
