// SPDX-License-Identifier: Apache-2.0
// Tests of padSpatial, and of the linear map along an axis that it is made of, on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Tensor, mul, ones, sum, tensor, variable, zeros } from '../tf.ts';
import { type PadMode, padSpatial } from './pad-spatial.ts';
import { copying, plainResample, resample } from './resample.ts';

const MODES: readonly PadMode[] = ['constant', 'reflect', 'replicate', 'circular'];

describe.each(devices())('padSpatial on %s', (device) => {
  useDevice(device);

  it.each(golden('padding').cases)('equals PyTorch: $name', (recorded) => {
    const { padding, ...options } = recorded.options;
    checkGolden(recorded, ({ x }) => padSpatial(x, padding, options));
  });

  it.each([
    ['constant', [7, 7, 1, 2, 3, 7, 7]],
    ['reflect', [3, 2, 1, 2, 3, 2, 1]],
    ['replicate', [1, 1, 1, 2, 3, 3, 3]],
    ['circular', [2, 3, 1, 2, 3, 1, 2]],
  ] as const)('fills with mode %s as its documentation shows', (mode, expected) => {
    const x = tensor([1, 2, 3], [1, 3, 1]);
    const padded = padSpatial(x, 2, { mode, value: 7 });
    expect(padded).toBeCloseToTensor(tensor([...expected], [1, 7, 1]), tolerance('exact'));
  });

  it('pads with infinities, and moves NaN', () => {
    const x = tensor([1, NaN], [1, 2, 1]);
    const padded = padSpatial(x, [[1, 0]], { value: -Infinity });
    expect(padded).toBeCloseToTensor([[[-Infinity], [1], [NaN]]], tolerance('exact'));
    expect(padSpatial(x, 1, { mode: 'reflect' })).toBeCloseToTensor([[[NaN], [1], [NaN], [1]]], tolerance('exact'));
  });

  it.each(MODES)('leaves x alone when nothing is added, with mode %s', (mode) => {
    const x = variable(randomTensor([2, 3, 4], { seed: 1 }));
    const { gradients } = valueAndGrad(() => sum(padSpatial(x, 0, { mode })), [x]);
    expect(padSpatial(x, 0, { mode })).toBeCloseToTensor(x, tolerance('exact'));
    expect(gradients[0]).toBeCloseToTensor(ones([2, 3, 4]), tolerance('exact'));
    dispose([x]);
  });

  it.each(MODES)('takes no examples and no channels, with mode %s', (mode) => {
    expect(padSpatial(zeros([0, 3, 4]), 1, { mode }).shape).toEqual([0, 5, 4]);
    expect(padSpatial(zeros([2, 3, 0]), 1, { mode }).shape).toEqual([2, 5, 0]);
  });

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([1, 3, 4, 2]);
    expect(() => padSpatial(ones([3, 4]), 1)).toThrowCode('RANK', /expected x/);
    expect(() => padSpatial(ones([1, 3, 2], 'int32'), 1)).toThrowCode('DTYPE', /x of dtype float32/);
    expect(() => padSpatial([[1]] as never, 1)).toThrowCode('TENSOR');
    expect(() => padSpatial(x, -1)).toThrowCode('ARGUMENT', /padding to be an integer >= 0/);
    expect(() =>
      padSpatial(x, [
        [1, -1],
        [0, 0],
      ]),
    ).toThrowCode('ARGUMENT', /padding to be an integer >= 0/);
    expect(() => padSpatial(x, [[1, 1]])).toThrowCode('ARGUMENT', /a list of 2 pairs \[before, after\]/);
    expect(() => padSpatial(x, [1, 1] as never)).toThrowCode('ARGUMENT', /received \[1, 1\]/);
    expect(() => padSpatial(x, x as never)).toThrowCode('ARGUMENT', /received a Tensor float32 \[1, 3, 4, 2\]/);
    expect(() => padSpatial(x, 3, { mode: 'reflect' })).toThrowCode('ARGUMENT', /at most 2 along spatial axis 0/);
    expect(() => padSpatial(x, 4, { mode: 'circular' })).toThrowCode('ARGUMENT', /at most 3 along spatial axis 0/);
    expect(() => padSpatial(ones([1, 0, 2]), 1, { mode: 'replicate' })).toThrowCode('ARGUMENT', /at most 0/);
    expect(() => padSpatial(x, 1, { mode: 'mirror' as never })).toThrowCode('ARGUMENT', /mode/);
    expect(() => padSpatial(x, 1, { value: '0' as never })).toThrowCode('ARGUMENT', /value/);
    expect(() => padSpatial(x, 1, { fill: 0 } as object)).toThrowCode('OPTION', /mode, value/);
  });
});

describe.each(devices())('resample on %s', (device) => {
  useDevice(device);
  const taps = { taps: 2, indices: [0, 1, 3, 3, 2, 0], weights: [0.5, 0.25, 1, -2, 0, 1] };

  it.each([1, 7, 15, 16, 17, 31, 33, 100])('equals its formula for %i inner elements', (inner) => {
    const x = randomTensor([3, 4, inner], { seed: inner });
    expect(resample(x, 1, taps)).toBeCloseToTensor(plainResample(x, 1, taps), tolerance('matmul', 2));
  });

  it.each([[[4, 3]], [[2, 4, 17]], [[2, 2, 4]]])('has value and gradient of its formula for x of shape %j', (shape) => {
    const axis = shape.indexOf(4);
    checkGradient((x) => resample(x, axis, taps), [shape], { plain: (x) => plainResample(x, axis, taps), seed: 2 });
  });

  it('refuses positions that x does not have', () => {
    for (const index of [4, -1]) {
      const message = new RegExp(`resample: expected indices from 0 to 3, received ${index} at position 1`);
      expect(() => resample(ones([4, 3]), 0, copying([0, index]))).toThrowCode('DATA', message);
    }
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const x = variable(randomTensor([4, 300, 70], { seed: 5 }));
    const many = copying(Array.from({ length: 500 }, (_, j) => (j * 7) % 300));
    const weights = randomTensor([4, 500, 70], { seed: 6 });
    const gradient = (count: number): Tensor => {
      setThreads(count);
      return valueAndGrad(() => sum(mul(resample(x, 1, many), weights)), [x]).gradients[0];
    };
    try {
      expect(gradient(4)).toBeCloseToTensor(gradient(1), tolerance('exact'));
    } finally {
      setThreads(threads);
      dispose([x]);
    }
  });
});
