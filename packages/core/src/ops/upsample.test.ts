// SPDX-License-Identifier: Apache-2.0
// Tests of upsample on every device.

import { checkGolden, checkGradient, devices, golden, tolerance, useDevice } from '@nabla/testing';
import { ones, tensor } from '../tf.ts';
import { type UpsampleOptions, upsample } from './upsample.ts';

describe.each(devices())('upsample on %s', (device) => {
  useDevice(device);

  it.each(golden('upsample').cases)('equals PyTorch: $name', (recorded) => {
    checkGolden(recorded, ({ x }) => upsample(x, recorded.options));
  });

  it.each<UpsampleOptions>([
    { size: [3, 7] },
    { scaleFactor: 2, mode: 'bilinear' },
    { size: [7, 2], mode: 'bilinear', alignCorners: true },
  ])('has the gradient that differences give, with %j', (options) => {
    checkGradient((x) => upsample(x, options), [[2, 4, 3, 2]], { seed: 3 });
  });

  it('keeps the corners where they are aligned', () => {
    const x = tensor([1, 3, 7], [1, 3, 1]);
    const expected = [[[1], [2], [3], [5], [7]]];
    const out = upsample(x, { size: 5, mode: 'linear', alignCorners: true });
    expect(out).toBeCloseToTensor(expected, tolerance('elementwise'));
  });

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([1, 3, 4, 2]);
    expect(() => upsample(ones([3, 4]), { size: 2 })).toThrowCode('RANK', /expected x/);
    expect(() => upsample(x, { size: 2, mode: 'linear' })).toThrowCode('RANK', /expected x/);
    expect(() => upsample(ones([1, 0, 2]), { size: 2 })).toThrowCode('SHAPE', /without empty axes/);
    expect(() => upsample(ones([1, 3, 2], 'int32'), { size: 2 })).toThrowCode('DTYPE', /x of dtype float32/);
    expect(() => upsample([[1]] as never, { size: 2 })).toThrowCode('TENSOR');
    expect(() => upsample(x, {})).toThrowCode('ARGUMENT', /size or scaleFactor to be given, received none/);
    expect(() => upsample(x, { size: 2, scaleFactor: 2 })).toThrowCode('ARGUMENT', /received both/);
    expect(() => upsample(x, { size: 0 })).toThrowCode('ARGUMENT', /size/);
    expect(() => upsample(x, { size: [2] })).toThrowCode('ARGUMENT', /size.*a list of 2/);
    expect(() => upsample(x, { scaleFactor: [2] })).toThrowCode('ARGUMENT', /scaleFactor.*a list of 2/);
    expect(() => upsample(x, { scaleFactor: 0 })).toThrowCode('ARGUMENT', /scaleFactor to be a number > 0/);
    expect(() => upsample(x, { scaleFactor: 0.1 })).toThrowCode('ARGUMENT', /at least one element/);
    expect(() => upsample(x, { size: 2, mode: 'cubic' as never })).toThrowCode('ARGUMENT', /mode/);
    expect(() => upsample(x, { size: 2, alignCorners: true })).toThrowCode('ARGUMENT', /alignCorners/);
    expect(() => upsample(x, { size: 2, align: true } as never)).toThrowCode('OPTION', /alignCorners/);
  });
});
