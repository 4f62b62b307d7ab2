// SPDX-License-Identifier: Apache-2.0
// Tests of clamp, nanToNum, maskedFill and allClose; golden values stand in tensor-ops.test.ts.

import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { dispose } from '../memory.ts';
import { ones, sum, tensor1d, tensor2d, variable, zeros } from '../tf.ts';
import { allClose } from './all-close.ts';
import { clamp, maskedFill, nanToNum } from './clamp.ts';

describe.each(devices())('replaced elements on %s', (device) => {
  useDevice(device);

  const special = [NaN, Infinity, -Infinity, 1];

  it('are those beyond a bound', () => {
    const x = tensor1d(special);
    expect(clamp(x, { minimum: 0 })).toBeCloseToTensor(Float32Array.of(NaN, Infinity, 0, 1));
    expect(clamp(x, { maximum: 0.5 })).toBeCloseToTensor(Float32Array.of(NaN, 0.5, -Infinity, 0.5));
  });

  it('are those that are not finite', () => {
    const most = 3.4028234663852886e38;
    expect(nanToNum(tensor1d(special))).toBeCloseToTensor(Float32Array.of(0, most, -most, 1), tolerance('exact'));
    const chosen = nanToNum(tensor1d(special), { nan: 7, positive: 8, negative: 9 });
    expect(chosen).toBeCloseToTensor(Float32Array.of(7, 8, 9, 1), tolerance('exact'));
  });

  it('get no gradient', () => {
    const x = variable(tensor1d(special));
    const { gradients } = valueAndGrad(() => sum(nanToNum(x)), [x]);
    expect(gradients[0]).toBeCloseToTensor(Float32Array.of(0, 0, 0, 1), tolerance('exact'));
    dispose(x);
    checkGradient((y) => clamp(y, { minimum: -0.3, maximum: 0.7 }), [[3, 5]], { seed: 1 });
    const mask = tensor1d([true, false, true], 'bool');
    checkGradient((y) => maskedFill(y, mask, 3), [[2, 3]], { seed: 1 });
  });

  it('are those under a mask, also by infinities', () => {
    const mask = tensor2d([[true], [false]], undefined, 'bool');
    const filled = maskedFill(ones([2, 2]), mask, -Infinity);
    expect(filled).toBeCloseToTensor([[-Infinity, -Infinity], [1, 1]]); // prettier-ignore
    expect(maskedFill(zeros([0, 2]), ones([1, 2], 'bool'), 0).shape).toEqual([0, 2]);
  });

  it('refuse bounds, numbers and masks that do not fit', () => {
    const x = ones([2]);
    expect(() => clamp(x, {})).toThrowCode('ARGUMENT', /minimum or maximum/);
    expect(() => clamp(x, { minimum: 2, maximum: 1 })).toThrowCode('ARGUMENT', /maximum to be a number >= 2/);
    expect(() => clamp(x, { min: 2 } as object)).toThrowCode('OPTION', /minimum/);
    expect(() => clamp(ones([2], 'int32'), { minimum: 0 })).toThrowCode('DTYPE');
    expect(() => nanToNum(x, { nan: NaN })).toThrowCode('ARGUMENT', /nan/);
    expect(() => nanToNum(ones([2], 'int32'))).toThrowCode('DTYPE');
    expect(() => maskedFill(x, ones([3], 'bool'), 0)).toThrowCode('BROADCAST', /broadcasts to \[2\]/);
    expect(() => maskedFill(x, ones([2]), 0)).toThrowCode('DTYPE', /mask of dtype bool/);
    expect(() => maskedFill(x, ones([2], 'bool'), NaN)).toThrowCode('ARGUMENT', /value/);
  });
});

describe.each(devices())('allClose on %s', (device) => {
  useDevice(device);

  it('allows for rounding, and for nothing more', () => {
    const x = tensor1d([1, 100, 0]);
    expect(allClose(x, tensor1d([1.000009, 100.0009, 0]))).toBe(true);
    expect(allClose(x, tensor1d([1.00002, 100, 0]))).toBe(false);
    expect(allClose(x, tensor1d([1, 100, 0.1]), { absolute: 0.11 })).toBe(true);
    expect(allClose(x, tensor1d([1.1, 110, 0]), { relative: 0.1 })).toBe(true);
    expect(allClose(x, ones([2]))).toBe(false);
    expect(allClose(zeros([0]), zeros([0]))).toBe(true);
  });

  it('takes infinities for close to themselves alone, and NaN to nothing', () => {
    const x = tensor1d([Infinity, NaN]);
    expect(allClose(x, x)).toBe(false);
    expect(allClose(x, x, { equalNan: true })).toBe(true);
    expect(allClose(tensor1d([Infinity]), tensor1d([1e30]), { relative: 1 })).toBe(false);
    expect(allClose(tensor1d([1e30]), tensor1d([Infinity]), { relative: 1 })).toBe(false);
  });

  it('refuses options that are not as described', () => {
    const x = ones([1]);
    expect(() => allClose(x, x, { relative: -1 })).toThrowCode('ARGUMENT', /relative/);
    expect(() => allClose(x, x, { absolute: NaN })).toThrowCode('ARGUMENT', /absolute/);
    expect(() => allClose(x, x, { equalNan: 1 } as never)).toThrowCode('ARGUMENT', /equalNan/);
    expect(() => allClose(x, [1] as never)).toThrowCode('TENSOR');
  });
});
