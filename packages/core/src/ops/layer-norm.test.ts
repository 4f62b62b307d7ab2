// SPDX-License-Identifier: Apache-2.0
// Tests of layerNorm on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Scalar, type Tensor, add, mul, ones, reshape, sum, tensor2d, variable, zeros } from '../tf.ts';
import { plainLayerNorm, layerNorm } from './layer-norm.ts';

describe.each(devices())('layerNorm on %s', (device) => {
  useDevice(device);

  it.each([1, 7, 15, 16, 17, 31, 33, 100])('equals its formula for %i features', (features) => {
    const x = randomTensor([3, 2, features], { seed: features });
    const weight = randomTensor([features], { seed: features + 1 });
    const bias = randomTensor([features], { seed: features + 2 });
    expect(layerNorm(x, weight, bias)).toBeCloseToTensor(
      plainLayerNorm(x, weight, bias),
      tolerance('matmul', features),
    );
  });

  it.each([[[9]], [[2, 3, 17]], [[65, 5]]])('has value and gradient of its formula for x of shape %j', (shape) => {
    checkGradient((x, weight, bias) => layerNorm(x, weight, bias), [shape, shape.slice(-1), shape.slice(-1)], {
      plain: (x, weight, bias) => plainLayerNorm(x, weight, bias),
      seed: 7,
    });
  });

  it('has value and gradient of its formula with another epsilon', () => {
    const of = (op: typeof layerNorm) => (x: Tensor, weight: Tensor, bias: Tensor) =>
      op(x, weight, bias, { epsilon: 0.5 });
    checkGradient(of(layerNorm), [[3, 17], [17], [17]], { plain: of(plainLayerNorm), seed: 5 });
  });

  it.each(golden('layer_norm').cases)('equals PyTorch: $name', (recorded) => {
    const { epsilon } = recorded.options;
    checkGolden(recorded, ({ x }, { weight, bias }) => layerNorm(x, weight, bias, { epsilon }));
  });

  it('ignores scale and offset of x, and gives the bias for equal features', () => {
    const [x, weight, bias] = [randomTensor([3, 5], { seed: 1 }), ones([5]), randomTensor([5], { seed: 2 })];
    const moved = add(mul(x, 4), 3);
    const expected = layerNorm(x, weight, bias, { epsilon: 0 });
    expect(layerNorm(moved, weight, bias, { epsilon: 0 })).toBeCloseToTensor(expected, tolerance('matmul', 5));
    expect(layerNorm(ones([1, 5]), weight, bias)).toBeCloseToTensor(reshape(bias, [1, 5]));
  });

  it('makes rows with NaN or infinity NaN, and no other row', () => {
    const x = tensor2d([
      [NaN, 1],
      [Infinity, 1],
      [1, 3],
    ]);
    const expected = [
      [NaN, NaN],
      [NaN, NaN],
      [-1, 1],
    ];
    expect(layerNorm(x, ones([2]), zeros([2]), { epsilon: 0 })).toBeCloseToTensor(expected, tolerance('reduce', 2));
  });

  it('takes no rows: the gradients of weight and bias are then zero', () => {
    const variables = [variable(ones([5])), variable(ones([5]))];
    const { gradients } = valueAndGrad(() => {
      const out = layerNorm(zeros([0, 2, 5]), variables[0], variables[1]);
      expect(out.shape).toEqual([0, 2, 5]);
      return sum<Scalar>(out);
    }, variables);
    for (const gradient of gradients) expect(gradient).toBeCloseToTensor(zeros([5]), tolerance('exact'));
    dispose(variables);
  });

  it('names the argument of the wrong shape, type or value', () => {
    const [x, weight, bias] = [ones([2, 3]), ones([3]), zeros([3])];
    const message = (name: string): RegExp =>
      new RegExp(`layerNorm: expected ${name} of shape \\[3\\], received \\[2\\].*x, whose shape is \\[2, 3\\]`);
    expect(() => layerNorm(x, ones([2]), bias)).toThrowCode('SHAPE', message('weight'));
    expect(() => layerNorm(x, weight, ones([2]))).toThrowCode('SHAPE', message('bias'));
    expect(() => layerNorm(ones([2, 0]), ones([0]), ones([0]))).toThrowCode('SHAPE', /at least one feature/);
    expect(() => layerNorm(ones([]), ones([1]), ones([1]))).toThrowCode('RANK', /expected x/);
    expect(() => layerNorm(ones([2, 3], 'int32'), weight, bias)).toThrowCode('DTYPE', /x of dtype float32/);
    expect(() => layerNorm(x, ones([3], 'int32'), bias)).toThrowCode('DTYPE', /weight of dtype float32/);
    expect(() => layerNorm(x, weight, ones([3], 'int32'))).toThrowCode('DTYPE', /bias of dtype float32/);
    expect(() => layerNorm([[1]] as never, weight, bias)).toThrowCode('TENSOR');
    expect(() => layerNorm(x, weight, bias, { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon to be a number >= 0/);
    expect(() => layerNorm(x, weight, bias, { epsilon: NaN })).toThrowCode('ARGUMENT', /epsilon/);
    expect(() => layerNorm(x, weight, bias, { eps: 1 } as object)).toThrowCode('OPTION', /epsilon/);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const x = randomTensor([1000, 70], { seed: 5 });
    const weights = randomTensor([1000, 70], { seed: 6 });
    const variables = [variable(x), variable(ones([70])), variable(zeros([70]))];
    const gradients = (count: number): Tensor[] => {
      setThreads(count);
      const loss = (): Scalar => sum(mul(layerNorm(variables[0], variables[1], variables[2]), weights));
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
