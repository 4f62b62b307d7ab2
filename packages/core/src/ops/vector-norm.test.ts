// SPDX-License-Identifier: Apache-2.0
// Tests of norms of vectors; golden values stand in tensor-ops.test.ts.

import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { dispose } from '../memory.ts';
import { ones, scalar, sum, tensor1d, variable, zeros } from '../tf.ts';
import { vectorNorm } from './vector-norm.ts';

describe.each(devices())('vectorNorm on %s', (device) => {
  useDevice(device);

  it.each([0.5, 1, 1.5, 2, 3, Infinity, -Infinity])('of order %d has a gradient', (order) => {
    checkGradient((x) => vectorNorm(x, { order, axis: 1 }), [[3, 5]], { seed: 2 });
    checkGradient((x) => vectorNorm(x, { order, axis: [0, -1], keepDims: true }), [[2, 3, 2]], { seed: 3 });
  });

  it('of order 0 counts', () => {
    expect(vectorNorm(tensor1d([0, -2, NaN, 3]), { order: 0 }).arraySync()).toBe(3);
  });

  it.each([0.5, 1, 1.5, 2, 3, Infinity, -Infinity])('of order %d has gradient 0 at 0', (order) => {
    const x = variable(zeros([3]));
    const { gradients } = valueAndGrad(() => sum(vectorNorm(x, { order })), [x]);
    expect(gradients[0]).toBeCloseToTensor(zeros([3]), tolerance('exact'));
    dispose(x);
  });

  it('neither overflows nor underflows where the norm itself does not', () => {
    expect(vectorNorm(tensor1d([3e25, 4e25]))).toBeCloseToTensor(scalar(5e25), tolerance('reduce', 2));
    expect(vectorNorm(tensor1d([3e-25, 4e-25])).dataSync()[0] / 1e-25).toBeCloseTo(5, 4);
  });

  it('passes NaN on', () => {
    expect(vectorNorm(tensor1d([1, NaN])).arraySync()).toBeNaN();
  });

  it('keeps axes where it is told to', () => {
    expect(vectorNorm(ones([2, 3]), { axis: 0, keepDims: true }).shape).toEqual([1, 3]);
    expect(vectorNorm(ones([2, 3]), { axis: 0 }).shape).toEqual([3]);
    expect(vectorNorm(ones([2, 3])).shape).toEqual([]);
  });

  it('refuses axes, orders and types that there are not', () => {
    const x = ones([2]);
    expect(() => vectorNorm(x, { axis: 1 })).toThrowCode('AXIS');
    expect(() => vectorNorm(x, { order: NaN })).toThrowCode('ARGUMENT', /order/);
    expect(() => vectorNorm(x, { order: -1 })).toThrowCode('ARGUMENT', /order to be a number >= 0/);
    expect(() => vectorNorm(x, { keepDims: 1 } as never)).toThrowCode('ARGUMENT', /keepDims/);
    expect(() => vectorNorm(x, { p: 1 } as object)).toThrowCode('OPTION');
    expect(() => vectorNorm(ones([2], 'int32'))).toThrowCode('DTYPE');
  });
});
