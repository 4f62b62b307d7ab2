// SPDX-License-Identifier: Apache-2.0
// Tests of maxima and means over windows on every device.

import { checkGolden, checkGradient, devices, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { dispose } from '../memory.ts';
import { type Tensor, fill, mul, ones, sum, tensor, variable, zeros } from '../tf.ts';
import {
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  plainAdaptiveAveragePool,
  plainAveragePool,
} from './average-pool.ts';
import { adaptiveMaxPool2d, maxPool1d, maxPool2d, maxPool3d, plainAdaptiveMaxPool, plainMaxPool } from './max-pool.ts';

type Pool = (x: Tensor, size: number | readonly number[], options?: object) => Tensor;
const POOLS: Readonly<Record<string, readonly Pool[]>> = {
  maxPool: [maxPool1d, maxPool2d, maxPool3d],
  averagePool: [averagePool1d, averagePool2d, averagePool3d],
  adaptiveAveragePool: [adaptiveAveragePool1d, adaptiveAveragePool2d],
  adaptiveMaxPool: [adaptiveAveragePool1d, adaptiveMaxPool2d],
};
const PLAIN: Readonly<Record<string, Pool>> = {
  maxPool: plainMaxPool,
  averagePool: plainAveragePool,
  adaptiveAveragePool: plainAdaptiveAveragePool,
  adaptiveMaxPool: plainAdaptiveMaxPool,
};
const IMAGE_POOLS = [maxPool2d, averagePool2d, adaptiveAveragePool2d, adaptiveMaxPool2d] as const;

/** Different values everywhere, so that every window has one maximum, far from the others. */
function distinct(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, (_, i) => ((i * 37) % size) / 4 - size / 8);
  return tensor(values, [...shape], 'float32');
}

describe.each(devices())('pooling on %s', (device) => {
  useDevice(device);

  it.each(golden('pool').cases)('equals PyTorch: $name', (recorded) => {
    const { pool, size, options } = recorded.options;
    const axes = recorded.output.shape.length - 2;
    checkGolden(recorded, ({ x }) => POOLS[pool][axes - 1](x, size, options));
    checkGolden(recorded, ({ x }) => PLAIN[pool](x, size, options));
  });

  it.each([1, 3, 7, 15, 16, 17, 31, 33, 100])('equals its formula for %i channels', (channels) => {
    const x = randomTensor([2, 5, 4, channels], { seed: channels });
    const options = { stride: 2, padding: 1 };
    expect(maxPool2d(x, 3, options)).toBeCloseToTensor(plainMaxPool(x, 3, options), tolerance('exact'));
    expect(averagePool2d(x, 3, options)).toBeCloseToTensor(plainAveragePool(x, 3, options), tolerance('matmul', 9));
    const adapted = plainAdaptiveAveragePool(x, [3, 3]);
    expect(adaptiveAveragePool2d(x, [3, 3])).toBeCloseToTensor(adapted, tolerance('matmul', 9));
    expect(adaptiveMaxPool2d(x, 3)).toBeCloseToTensor(plainAdaptiveMaxPool(x, 3), tolerance('exact'));
  });

  it.each([
    [2, {}],
    [3, { stride: 1, padding: 1 }],
    [3, { stride: 2, ceilMode: true }],
  ])('has the gradient of its formula for kernel %i with %j', (size, options) => {
    checkGradient((x) => maxPool2d(x, size, options), [distinct([2, 5, 4, 3])], {
      plain: (x) => plainMaxPool(x, size, options),
      seed: 3,
    });
    checkGradient((x) => averagePool2d(x, size, options), [[2, 5, 4, 3]], {
      plain: (x) => plainAveragePool(x, size, options),
      seed: 3,
    });
  });

  it('has the gradient of its formula where windows divide the input evenly', () => {
    checkGradient((x) => adaptiveAveragePool2d(x, [2, 3]), [[2, 5, 4, 3]], {
      plain: (x) => plainAdaptiveAveragePool(x, [2, 3]),
      seed: 4,
    });
    checkGradient((x) => adaptiveMaxPool2d(x, [2, 3]), [distinct([1, 5, 4, 3])], {
      plain: (x) => plainAdaptiveMaxPool(x, [2, 3]),
      seed: 4,
    });
  });

  it('gives NaN where a window has one, and infinities their place', () => {
    const x = tensor([1, NaN, NaN, 2, -Infinity, 3, Infinity, 0], [1, 8, 1]);
    expect(maxPool1d(x, 2)).toBeCloseToTensor([[[NaN], [NaN], [3], [Infinity]]], tolerance('exact'));
    expect(averagePool1d(x, 2)).toBeCloseToTensor([[[NaN], [NaN], [-Infinity], [Infinity]]], tolerance('exact'));
    const lowest = fill([1, 2, 17], -Infinity);
    expect(maxPool1d(lowest, 2)).toBeCloseToTensor(fill([1, 1, 17], -Infinity), tolerance('exact'));
  });

  it('gives the gradient of equal values to the first of them', () => {
    const x = variable(fill([1, 2, 2, 17], -Infinity));
    const { gradients } = valueAndGrad(() => sum(maxPool2d(x, 2)), [x]);
    expect(sum(gradients[0], [0, 3])).toBeCloseToTensor(
      [
        [17, 0],
        [0, 0],
      ],
      tolerance('exact'),
    );
    dispose([x]);
  });

  it('gives no gradient where dilation leaves a window nothing but padding', () => {
    const x = variable(ones([2, 3, 17]));
    const { value, gradients } = valueAndGrad(() => sum(maxPool1d(x, 2, { padding: 1, dilation: 4 })), [x]);
    expect(value).toBeCloseToTensor(-Infinity, tolerance('exact'));
    expect(gradients[0]).toBeCloseToTensor(zeros([2, 3, 17]), tolerance('exact'));
    dispose([x]);
  });

  it.each([
    [0, 3],
    [2, 0],
  ])('takes %i examples of %i channels', (batch, channels) => {
    for (const pool of IMAGE_POOLS) {
      const x = variable(zeros([batch, 4, 6, channels]));
      const { gradients } = valueAndGrad(() => {
        const out = pool(x, 2);
        expect(out.shape).toEqual([batch, 2, pool === maxPool2d || pool === averagePool2d ? 3 : 2, channels]);
        return sum(out);
      }, [x]);
      expect(gradients[0]).toBeCloseToTensor(x, tolerance('exact'));
      dispose([x]);
    }
  });

  it('names the argument of the wrong shape, type or value', () => {
    const x = ones([1, 4, 5, 2]);
    for (const pool of [maxPool2d, averagePool2d]) {
      expect(() => pool(ones([4, 5, 2]), 2)).toThrowCode('RANK', /x of shape \[\?, \?, \?, \?\]/);
      expect(() => pool(ones([1, 4, 5, 2], 'int32'), 2)).toThrowCode('DTYPE', /x of dtype float32/);
      expect(() => pool([[1]] as never, 2)).toThrowCode('TENSOR');
      expect(() => pool(x, 6)).toThrowCode('SHAPE', /kernel fits into, received \[1, 4, 5, 2\].*covers \[6, 6\]/);
      expect(() => pool(ones([1, 0, 5, 2]), 2, { padding: 1 })).toThrowCode('SHAPE', /kernel fits/);
      expect(() => pool(x, 0)).toThrowCode('ARGUMENT', /kernelSize to be an integer >= 1, received 0/);
      expect(() => pool(x, [2, 2, 2])).toThrowCode('ARGUMENT', /kernelSize.*a list of 2, received a list of 3/);
      expect(() => pool(x, 2, { stride: 0 })).toThrowCode('ARGUMENT', /stride/);
      expect(() => pool(x, 3, { padding: 2 })).toThrowCode('ARGUMENT', /at most half of kernelSize \[3, 3\]/);
      expect(() => pool(x, 3, { padding: -1 })).toThrowCode('ARGUMENT', /padding/);
      expect(() => pool(x, 2, { ceilMode: 1 as never })).toThrowCode('ARGUMENT', /ceilMode/);
      expect(() => pool(x, 2, { strides: 1 } as object)).toThrowCode('OPTION', /stride/);
    }
    expect(() => maxPool2d(x, 2, { dilation: 0 })).toThrowCode('ARGUMENT', /dilation/);
    expect(() => averagePool2d(x, 2, { dilation: 2 } as object)).toThrowCode('OPTION', /dilation/);
    expect(() => averagePool2d(x, 2, { countIncludePad: 0 as never })).toThrowCode('ARGUMENT', /countIncludePad/);
    for (const pool of [adaptiveAveragePool2d, adaptiveMaxPool2d]) {
      expect(() => pool(ones([4, 5, 2]), 2)).toThrowCode('RANK');
      expect(() => pool(ones([1, 4, 5, 2], 'int32'), 2)).toThrowCode('DTYPE');
      expect(() => pool(ones([1, 4, 0, 2]), 2)).toThrowCode('SHAPE', /without empty axes/);
      expect(() => pool(x, 0)).toThrowCode('ARGUMENT', /outputSize/);
      expect(() => pool(x, [1])).toThrowCode('ARGUMENT', /outputSize/);
    }
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const x = variable(randomTensor([8, 40, 40, 9], { seed: 5 }));
    const weights = randomTensor([8, 20, 20, 9], { seed: 6 });
    const gradients = (count: number): Tensor[] => {
      setThreads(count);
      const options = { stride: 2, padding: 1 };
      return [maxPool2d, averagePool2d].flatMap(
        (pool) => valueAndGrad(() => sum(mul(pool(x, 3, options), weights)), [x]).gradients,
      );
    };
    try {
      const alone = gradients(1);
      gradients(4).forEach((gradient, i) => expect(gradient).toBeCloseToTensor(alone[i], tolerance('exact')));
    } finally {
      setThreads(threads);
      dispose([x]);
    }
  });
});
