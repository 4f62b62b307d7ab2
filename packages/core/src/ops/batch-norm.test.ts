// SPDX-License-Identifier: Apache-2.0
// Tests of batchNorm on every device. Its training is checked against PyTorch through the layer, BatchNorm2d and its kin.

import {
  checkGolden,
  checkGradient,
  devices,
  fromRecord,
  golden,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Tensor, type Variable, mul, ones, sum, tensor1d, tensor2d, variable, zeros } from '../tf.ts';
import { batchNorm, plainBatchNorm } from './batch-norm.ts';

describe.each(devices())('batchNorm on %s', (device) => {
  useDevice(device);

  it.each([1, 7, 15, 16, 17, 31, 33, 100])('equals its formula for %i channels', (channels) => {
    const x = randomTensor([6, 3, channels], { seed: channels });
    const weight = randomTensor([channels], { seed: channels + 1 });
    const bias = randomTensor([channels], { seed: channels + 2 });
    expect(batchNorm(x, weight, bias, { training: true })).toBeCloseToTensor(
      plainBatchNorm(x, weight, bias),
      tolerance('matmul', 18),
    );
  });

  it.each([[[9, 1]], [[2, 3, 17]], [[2, 5, 2, 3]]])(
    'has value and gradient of its formula for x of shape %j',
    (shape) => {
      const channels = shape.slice(-1);
      checkGradient(
        (x, weight, bias) => batchNorm(x, weight, bias, { training: true, epsilon: 0.5 }),
        [shape, channels, channels],
        { plain: (x, weight, bias) => plainBatchNorm(x, weight, bias, { epsilon: 0.5 }), seed: 7 },
      );
    },
  );

  it.each(golden('batch_norm').cases)('equals PyTorch: $name', (recorded) => {
    const { epsilon } = recorded.options;
    const running = fromRecord(recorded.parameters);
    const [runningMean, runningVariance] = [variable(running['running_mean']), variable(running['running_var'])];
    const { weight, bias } = recorded.parameters as Partial<typeof recorded.parameters>;
    const parameters = { ...(weight && { weight }), ...(bias && { bias }) };
    checkGolden({ ...recorded, parameters }, ({ x }, affine: Record<string, Tensor | undefined>) =>
      batchNorm(x, affine['weight'], affine['bias'], { runningMean, runningVariance, epsilon }),
    );
    dispose([runningMean, runningVariance]);
  });

  it('moves the running statistics in training only, by the momentum, towards mean and unbiased variance', () => {
    const x = tensor2d([
      [1, 0],
      [3, 8],
    ]);
    const [runningMean, runningVariance] = [variable(tensor1d([0, 2])), variable(ones([2]))];
    const running = { runningMean, runningVariance };
    batchNorm(x, undefined, undefined, { ...running, training: true, momentum: 0.5 });
    expect(runningMean).toBeCloseToTensor([1, 3], tolerance('elementwise'));
    expect(runningVariance).toBeCloseToTensor([1.5, 16.5], tolerance('elementwise'));
    batchNorm(x, undefined, undefined, running);
    expect(runningMean).toBeCloseToTensor([1, 3], tolerance('elementwise'));
    dispose(Object.values(running));
  });

  it('moves them while a gradient is taken, once, and takes none from them', () => {
    const [x, runningMean] = [variable(tensor2d([[1], [3]])), variable(zeros([1]))];
    const options = { training: true, runningMean, momentum: 1 };
    const { gradients } = valueAndGrad(() => sum(batchNorm(x, undefined, undefined, options)), [x]);
    expect(runningMean).toBeCloseToTensor([2], tolerance('elementwise'));
    expect(gradients[0]).toBeCloseToTensor([[0], [0]], tolerance('training'));
    dispose([x, runningMean]);
  });

  it('makes a channel with NaN or infinity NaN, and no other', () => {
    const x = tensor2d([
      [NaN, 1, 1],
      [2, 3, Infinity],
    ]);
    const out = batchNorm(x, undefined, undefined, { training: true, epsilon: 0 });
    const expected = [
      [NaN, -1, NaN],
      [NaN, 1, NaN],
    ];
    expect(out).toBeCloseToTensor(expected, tolerance('reduce', 2));
  });

  it('takes no rows in evaluation', () => {
    const [runningMean, runningVariance] = [variable(zeros([3])), variable(ones([3]))];
    expect(batchNorm(zeros([0, 3]), undefined, undefined, { runningMean, runningVariance }).shape).toEqual([0, 3]);
    dispose([runningMean, runningVariance]);
  });

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([4, 3]);
    const [good, short] = [variable(ones([3])), variable(ones([2]))];
    const integers = variable(ones([3], 'int32'), false);
    const train =
      (options: object): (() => Tensor) =>
      () =>
        batchNorm(x, good, good, { training: true, ...options });
    expect(() => batchNorm(ones([3]), good, good, { training: true })).toThrowCode('RANK', /expected x/);
    expect(() => batchNorm(ones([2, 0]), good, good, { training: true })).toThrowCode('SHAPE', /one channel/);
    expect(() => batchNorm(x, short, good, { training: true })).toThrowCode('SHAPE', /weight of shape \[3\]/);
    expect(() => batchNorm(x, good, short, { training: true })).toThrowCode('SHAPE', /bias of shape \[3\]/);
    expect(train({ runningMean: short })).toThrowCode('SHAPE', /runningMean of shape \[3\]/);
    expect(train({ runningVariance: integers })).toThrowCode('DTYPE', /runningVariance of dtype float32/);
    expect(() => batchNorm(ones([4, 3], 'int32'), good, good)).toThrowCode('DTYPE', /x of dtype float32/);
    expect(train({ momentum: 2 })).toThrowCode('ARGUMENT', /momentum/);
    expect(train({ epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    expect(train({ training: 1 })).toThrowCode('ARGUMENT', /training/);
    expect(train({ eps: 1 })).toThrowCode('OPTION', /epsilon/);
    expect(() => batchNorm(x, good, good)).toThrowCode('ARGUMENT', /runningMean to be a variable.*training: true/);
    expect(() => batchNorm(ones([1, 3]), good, good, { training: true })).toThrowCode('VALUES', /more than one value/);
    expect(() => batchNorm(ones([0, 3]), good, good, { training: true })).toThrowCode('VALUES', /larger batch/);
    dispose([good, short, integers]);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const [x, weights] = [5, 6].map((seed) => randomTensor([3000, 35], { seed }));
    const variables: Variable[] = [variable(x), variable(ones([35])), variable(zeros([35]))];
    const gradients = (count: number): Tensor[] => {
      setThreads(count);
      const out = (): Tensor => batchNorm(variables[0], variables[1], variables[2], { training: true });
      return valueAndGrad(() => sum(mul(out(), weights)), variables).gradients;
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
