// SPDX-License-Identifier: Apache-2.0
// Tests of pixelShuffle and pixelUnshuffle on every device.

import { checkGolden, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { ones } from '../tf.ts';
import { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.ts';

describe.each(devices())('pixelShuffle on %s', (device) => {
  useDevice(device);

  it.each(golden('rearrange').cases.filter(({ options }) => 'factor' in options))(
    'equals PyTorch: $name',
    (recorded) => {
      const { options } = recorded;
      if (!('factor' in options)) throw new Error('not a shuffle');
      const op = options.layer === 'PixelShuffle' ? pixelShuffle : pixelUnshuffle;
      checkGolden(recorded, ({ x }) => op(x, options.factor));
    },
  );

  it('is undone by its inverse', () => {
    const x = randomTensor([2, 3, 5, 18], { seed: 1 });
    expect(pixelUnshuffle(pixelShuffle(x, 3), 3)).toBeCloseToTensor(x, tolerance('exact'));
  });

  it('names the argument of the wrong shape, type or value', () => {
    expect(() => pixelShuffle(ones([2, 2, 4]), 2)).toThrowCode('RANK', /expected x/);
    expect(() => pixelShuffle(ones([1, 2, 2, 6]), 2)).toThrowCode('SHAPE', /channels divisible by 4, received/);
    expect(() => pixelShuffle(ones([1, 2, 2, 4], 'int32'), 2)).toThrowCode('DTYPE');
    expect(() => pixelShuffle(ones([1, 2, 2, 4]), 0)).toThrowCode('ARGUMENT', /factor/);
    expect(() => pixelUnshuffle(ones([2, 2, 4]), 2)).toThrowCode('RANK', /expected x/);
    expect(() => pixelUnshuffle(ones([1, 3, 2, 1]), 2)).toThrowCode('SHAPE', /height and width divisible by 2/);
    expect(() => pixelUnshuffle(ones([1, 2, 2, 1], 'int32'), 2)).toThrowCode('DTYPE');
    expect(() => pixelUnshuffle(ones([1, 2, 2, 1]), 1.5)).toThrowCode('ARGUMENT', /factor/);
  });
});
