// SPDX-License-Identifier: Apache-2.0
// Tests of groupNorm and instanceNorm on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Scalar, type Tensor, mul, ones, sub, sum, tensor2d, variable, zeros } from '../tf.ts';
import { groupNorm, instanceNorm, plainGroupNorm } from './group-norm.ts';

describe.each(devices())('groupNorm on %s', (device) => {
  useDevice(device);

  it.each([
    [1, 1],
    [7, 7],
    [15, 3],
    [16, 2],
    [17, 1],
    [31, 31],
    [33, 11],
    [100, 4],
  ])('equals its formula for %i channels in %i groups', (channels, groups) => {
    const x = randomTensor([3, 5, 2, channels], { seed: channels });
    const weight = randomTensor([channels], { seed: channels + 1 });
    const bias = randomTensor([channels], { seed: channels + 2 });
    expect(groupNorm(x, groups, weight, bias)).toBeCloseToTensor(
      plainGroupNorm(x, groups, weight, bias),
      tolerance('matmul', channels),
    );
  });

  it.each([[[2, 3, 4]], [[2, 6]], [[1, 20, 3, 6]], [[2, 2500, 2]]])(
    'has value and gradient of its formula for x of shape %j',
    (shape) => {
      const channels = shape.slice(-1);
      const few = shape[1] < 100; // finite differences of every element
      const check = few ? checkGradient : checkAgainstPlain;
      check((x, weight, bias) => groupNorm(x, 2, weight, bias), [shape, channels, channels], {
        plain: (x, weight, bias) => plainGroupNorm(x, 2, weight, bias),
        seed: 7,
      });
    },
  );

  it.each(golden('group_norm').cases)('equals PyTorch: $name', (recorded) => {
    const { groups, epsilon } = recorded.options;
    checkGolden(recorded, ({ x }, { weight, bias }: Record<string, Tensor | undefined>) =>
      groups === null ? instanceNorm(x, weight, bias, { epsilon }) : groupNorm(x, groups, weight, bias, { epsilon }),
    );
  });

  it('keeps its digits where the mean is far larger than the deviation', () => {
    const x = randomTensor([2, 300, 3], { seed: 1, low: 4000, high: 4001 });
    const expected = plainGroupNorm(sub(x, 4000), 3, ones([3]), zeros([3]));
    // float32 holds a mean of 4000 to 1e-4, a 2500th of the deviation
    expect(groupNorm(x, 3)).toBeCloseToTensor(expected, { absolute: 1e-3, relative: 0 });
  });

  it('makes groups with NaN or infinity NaN, and no other group', () => {
    const x = tensor2d([
      [NaN, 1, 1, 3],
      [1, 3, Infinity, 1],
    ]);
    const expected = [
      [NaN, NaN, -1, 1],
      [-1, 1, NaN, NaN],
    ];
    const out = groupNorm(x, 2, undefined, undefined, { epsilon: 0 });
    expect(out).toBeCloseToTensor(expected, tolerance('reduce', 2));
  });

  it.each([[[0, 2, 4]], [[2, 0, 4]]])('takes x of shape %j: the gradients of weight and bias are zero', (shape) => {
    const variables = [variable(ones([4])), variable(ones([4]))];
    const { gradients } = valueAndGrad(() => {
      const out = groupNorm(zeros(shape), 2, variables[0], variables[1]);
      expect(out.shape).toEqual(shape);
      return sum<Scalar>(out);
    }, variables);
    for (const gradient of gradients) expect(gradient).toBeCloseToTensor(zeros([4]), tolerance('exact'));
    dispose(variables);
  });

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([2, 3, 4]);
    const inPairs: typeof instanceNorm = (y, weight, bias, options) => groupNorm(y, 2, weight, bias, options);
    for (const norm of [inPairs, instanceNorm]) {
      expect(() => norm(ones([4]))).toThrowCode('RANK', /expected x/);
      expect(() => norm(ones([2, 3, 0]))).toThrowCode('SHAPE', /at least one channel/);
      expect(() => norm(x, ones([3]))).toThrowCode('SHAPE', /weight of shape \[4\].*x, whose shape is \[2, 3, 4\]/);
      expect(() => norm(x, ones([4]), ones([3]))).toThrowCode('SHAPE', /bias of shape \[4\]/);
      expect(() => norm(ones([2, 3, 4], 'int32'))).toThrowCode('DTYPE', /x of dtype float32/);
      expect(() => norm(x, ones([4], 'int32'))).toThrowCode('DTYPE', /weight of dtype float32/);
      expect(() => norm(x, ones([4]), ones([4], 'int32'))).toThrowCode('DTYPE', /bias of dtype float32/);
      expect(() => norm([[1]] as never)).toThrowCode('TENSOR');
      expect(() => norm(x, undefined, undefined, { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
      expect(() => norm(x, undefined, undefined, { eps: 1 } as object)).toThrowCode('OPTION', /epsilon/);
    }
    expect(() => groupNorm(x, 3)).toThrowCode('ARGUMENT', /groups to divide the number of channels, 4, received 3/);
    expect(() => groupNorm(x, 0)).toThrowCode('ARGUMENT', /groups/);
    expect(() => instanceNorm(ones([2, 4]))).toThrowCode('RANK');
    expect(() => instanceNorm(ones([2, 1, 1, 4]))).toThrowCode('VALUES', /more than one position/);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const [x, weights] = [5, 6].map((seed) => randomTensor([3, 900, 70], { seed }));
    const variables = [variable(x), variable(ones([70])), variable(zeros([70]))];
    const gradients = (count: number): Tensor[] => {
      setThreads(count);
      const loss = (): Scalar => sum(mul(groupNorm(variables[0], 7, variables[1], variables[2]), weights));
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

/** The part of {@link checkGradient} that large inputs allow: value and gradients against the plain formula. */
const checkAgainstPlain: typeof checkGradient = (f, shapes, { plain = f, seed }) => {
  const variables = shapes.map((shape, i) => variable(randomTensor(shape as number[], { seed: seed + i })));
  const weights = randomTensor(variables[0].shape, { seed: seed + 3 });
  const run = (g: typeof f): Tensor[] => valueAndGrad(() => sum(mul(g(...variables), weights)), variables).gradients;
  const expected = run(plain);
  expect(f(...variables)).toBeCloseToTensor(plain(...variables), tolerance('matmul', 64));
  run(f).forEach((gradient, i) => expect(gradient).toBeCloseToTensor(expected[i], tolerance('matmul', 2500)));
  dispose(variables);
};
