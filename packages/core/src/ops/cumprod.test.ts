// SPDX-License-Identifier: Apache-2.0
// Tests of products up to each position.

import { checkGradient, devices, useDevice } from '@nabla/testing';

import { tensor2d } from '../tf.ts';
import { cumprod } from './cumprod.ts';

describe.each(devices())('cumprod on %s', (device) => {
  useDevice(device);

  it('multiplies along an axis, counted from either end', () => {
    const x = tensor2d([[1, 2, 5], [3, 4, 6]]); // prettier-ignore
    expect(cumprod(x, -1)).toBeCloseToTensor([[1, 2, 10], [3, 12, 72]]); // prettier-ignore
    expect(cumprod(x)).toBeCloseToTensor([[1, 2, 5], [3, 8, 30]]); // prettier-ignore
    expect(cumprod(x, 1)).toBeCloseToTensor(cumprod(x, -1));
  });

  it('has a gradient', () => checkGradient((x) => cumprod(x, -1), [[2, 4]], { seed: 1 }));

  it('refuses an axis that is not there', () => {
    expect(() => cumprod(tensor2d([[1]]), 2)).toThrowCode('AXIS');
  });
});
