// SPDX-License-Identifier: Apache-2.0
// Tests of the logarithm of a sum of exponentials; golden values stand in gradients/golden.test.ts.

import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { dispose } from '../memory.ts';
import { ones, scalar, sum, tensor1d, tensor2d, variable, zeros } from '../tf.ts';
import { logSumExp } from './log-sum-exp.ts';

describe.each(devices())('logSumExp on %s', (device) => {
  useDevice(device);

  it('has a gradient along every choice of axes', () => {
    checkGradient((x) => logSumExp(x), [[2, 3]], { seed: 1 });
    checkGradient((x) => logSumExp(x, 1), [[3, 5]], { seed: 2 });
    checkGradient((x) => logSumExp(x, [0, -1], true), [[2, 3, 2]], { seed: 3 });
  });

  it('of nothing but minus infinity is minus infinity, with gradient 0', () => {
    const x = variable(
      tensor2d([
        [-Infinity, -Infinity],
        [-Infinity, 3],
      ]),
    );
    expect(logSumExp(x, 1)).toBeCloseToTensor([-Infinity, 3], tolerance('exact'));
    const { gradients } = valueAndGrad(() => sum(logSumExp(x, 1)), [x]);
    expect(gradients[0]).toBeCloseToTensor(
      [
        [0, 0],
        [0, 1],
      ],
      tolerance('exact'),
    );
    dispose(x);
  });

  it('neither overflows nor underflows', () => {
    expect(logSumExp(tensor1d([1e30, -1e30]))).toBeCloseToTensor(scalar(Math.fround(1e30)), tolerance('exact'));
    expect(logSumExp(tensor1d([-1000, -1000]))).toBeCloseToTensor(scalar(-1000 + Math.LN2), tolerance('reduce', 2));
  });

  it('passes infinity and NaN on', () => {
    expect(logSumExp(tensor1d([1, Infinity])).arraySync()).toBe(Infinity);
    expect(logSumExp(tensor1d([-Infinity, NaN])).arraySync()).toBeNaN();
  });

  it('of no elements is minus infinity', () => {
    expect(logSumExp(zeros([2, 0]), 1)).toBeCloseToTensor([-Infinity, -Infinity], tolerance('exact'));
  });

  it('refuses axes and types that there are not', () => {
    expect(() => logSumExp(ones([2]), 1)).toThrowCode('AXIS');
    expect(() => logSumExp(ones([2]), 0, 1 as never)).toThrowCode('ARGUMENT', /keepDims/);
    expect(() => logSumExp(ones([2], 'int32'))).toThrowCode('DTYPE');
  });
});
