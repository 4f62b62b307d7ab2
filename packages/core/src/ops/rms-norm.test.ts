// SPDX-License-Identifier: Apache-2.0
// Tests of rmsNorm on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Scalar, type Tensor, mul, ones, sum, tensor2d, variable, zeros } from '../tf.ts';
import { plainRmsNorm, rmsNorm } from './rms-norm.ts';

describe.each(devices())('rmsNorm on %s', (device) => {
  useDevice(device);

  it.each([1, 7, 15, 16, 17, 31, 33, 100])('equals its formula for %i features', (features) => {
    const x = randomTensor([3, 2, features], { seed: features });
    const weight = randomTensor([features], { seed: features + 1 });
    expect(rmsNorm(x, weight)).toBeCloseToTensor(plainRmsNorm(x, weight), tolerance('reduce', features));
  });

  it.each([[[9]], [[2, 3, 17]], [[65, 5]]])('has value and gradient of its formula for x of shape %j', (shape) => {
    checkGradient((x, weight) => rmsNorm(x, weight), [shape, shape.slice(-1)], {
      plain: (x, weight) => plainRmsNorm(x, weight),
      seed: 7,
    });
  });

  it('has value and gradient of its formula with another epsilon', () => {
    const of = (op: typeof rmsNorm) => (x: Tensor, weight: Tensor) => op(x, weight, { epsilon: 0.5 });
    checkGradient(of(rmsNorm), [[3, 17], [17]], { plain: of(plainRmsNorm), seed: 5 });
  });

  it.each(golden('rms_norm').cases)('equals PyTorch: $name', (recorded) => {
    const { epsilon } = recorded.options;
    checkGolden(recorded, ({ x }, { weight }) => rmsNorm(x, weight, { epsilon }));
  });

  it('ignores the scale of x, and gives zeros for zeros', () => {
    const [x, weight] = [randomTensor([3, 5], { seed: 1 }), randomTensor([5], { seed: 2 })];
    const expected = rmsNorm(x, weight, { epsilon: 0 });
    expect(rmsNorm(mul(x, 1000), weight, { epsilon: 0 })).toBeCloseToTensor(expected, tolerance('reduce', 5));
    expect(rmsNorm(zeros([2, 5]), weight)).toBeCloseToTensor(zeros([2, 5]));
  });

  it('makes rows with NaN NaN, and an infinity NaN among zeros', () => {
    const x = tensor2d([
      [NaN, 1, 1],
      [Infinity, 1, -1],
      [1, 1, 1],
    ]);
    const expected = [
      [NaN, NaN, NaN],
      [NaN, 0, -0],
      [1, 1, 1],
    ];
    expect(rmsNorm(x, ones([3]))).toBeCloseToTensor(expected, tolerance('reduce', 3));
  });

  it('takes no rows: the gradient of weight is then zero', () => {
    const weight = variable(ones([5]));
    const { gradients } = valueAndGrad(() => {
      const out = rmsNorm(zeros([0, 2, 5]), weight);
      expect(out.shape).toEqual([0, 2, 5]);
      return sum<Scalar>(out);
    }, [weight]);
    expect(gradients[0]).toBeCloseToTensor(zeros([5]), tolerance('exact'));
    dispose(weight);
  });

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([2, 3]);
    const message = /rmsNorm: expected weight of shape \[3\], received \[2\].*x, whose shape is \[2, 3\]/;
    expect(() => rmsNorm(x, ones([2]))).toThrowCode('SHAPE', message);
    expect(() => rmsNorm(ones([2, 0]), ones([0]))).toThrowCode('SHAPE', /at least one feature/);
    expect(() => rmsNorm(ones([]), ones([1]))).toThrowCode('RANK', /expected x/);
    expect(() => rmsNorm(ones([2, 3], 'int32'), ones([3]))).toThrowCode('DTYPE', /x of dtype float32/);
    expect(() => rmsNorm(x, ones([3], 'int32'))).toThrowCode('DTYPE', /weight of dtype float32/);
    expect(() => rmsNorm([[1]] as never, ones([1]))).toThrowCode('TENSOR');
    expect(() => rmsNorm(x, ones([3]), { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon to be a number >= 0/);
    expect(() => rmsNorm(x, ones([3]), { epsilon: NaN })).toThrowCode('ARGUMENT', /epsilon/);
    expect(() => rmsNorm(x, ones([3]), { eps: 1 } as object)).toThrowCode('OPTION', /epsilon/);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const x = randomTensor([1000, 70], { seed: 5 });
    const weights = randomTensor([1000, 70], { seed: 6 });
    const variables = [variable(x), variable(ones([70]))];
    const gradients = (count: number): Tensor[] => {
      setThreads(count);
      const loss = (): Scalar => sum(mul(rmsNorm(variables[0], variables[1]), weights));
      return valueAndGrad(loss, variables).gradients;
    };
    try {
      const alone = gradients(1);
      gradients(4).forEach((gradient, i) => expect(gradient).toBeCloseToTensor(alone[i], tolerance('exact')));
    } finally {
      setThreads(threads);
      dispose(variables);
    }
  });
});
