// SPDX-License-Identifier: Apache-2.0
// Random fills on device cpu: the same bits as their definitions.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type { RandomNormalAttributes, RandomUniformAttributes } from '../definitions/random.ts';
import { nativeKernel } from '../kernel.ts';

const randomUniform = nativeKernel<object, RandomUniformAttributes>('NablaRandomUniform', {
  run: (_, { shape, seed, offset, low, high }, backend) => {
    const out = backend.allocate(shape, 'float32');
    const call = { out: backend.buffer(out), count: sizeOf(shape), seed, offset, low, high };
    backend.kernels.random_uniform_f32(call);
    return out;
  },
});

const randomNormal = nativeKernel<object, RandomNormalAttributes>('NablaRandomNormal', {
  run: (_, { shape, seed, offset, mean, standardDeviation }, backend) => {
    const out = backend.allocate(shape, 'float32');
    backend.kernels.random_normal_f32({
      out: backend.buffer(out),
      count: sizeOf(shape),
      seed,
      offset,
      mean,
      standard_deviation: standardDeviation,
    });
    return out;
  },
});

export const randomKernels: readonly KernelConfig[] = [randomUniform, randomNormal];
