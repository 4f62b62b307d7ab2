// SPDX-License-Identifier: Apache-2.0
// Attention of new time steps to those in a cache and to themselves, on the native devices: copies, and the kernel of attention.

import { rowMajorStrides } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { CachedSelfAttentionAttributes, CachedSelfAttentionInputs } from '../definitions/cached-self-attention.ts';
import { selfAttentionSizes, withMask } from '../definitions/self-attention.ts';
import { nativeKernel } from '../kernel.ts';
import { runAttention } from './attention.ts';
import { copyElements, readStrided } from './copy.ts';
import { copyToPositions } from './index-copy-into.ts';

const cachedSelfAttention = nativeKernel<CachedSelfAttentionInputs, CachedSelfAttentionAttributes>(
  'NablaCachedSelfAttention',
  {
    run: ({ x, keys, values, mask, positions }, attributes, backend) => {
      const { batch, heads, time, headSize } = selfAttentionSizes(x, attributes.heads);
      const features = heads * headSize;
      const shape = [batch, heads, time, headSize];
      const inStrides = [time * 3 * features, headSize, 3 * features, 1];
      const behind = { outStrides: rowMajorStrides(keys.shape), outOffset: attributes.past * headSize };
      const write = (target: TensorInfo, offset: number): void => {
        if (positions === undefined)
          copyElements(backend, x, target, { shape, inStrides, inOffset: offset, ...behind });
        else copyToPositions(backend, { target, source: x, positions }, 2, { shape, strides: inStrides, offset });
      };
      write(keys, features);
      write(values, 2 * features);
      const query = backend.allocate(shape, 'float32');
      copyElements(backend, x, query, { shape, inStrides, outStrides: rowMajorStrides(shape) });
      const [apart, logSumExp] = runAttention(withMask([query, keys, values], mask), attributes, backend);
      const strides = [features * time, headSize, time * headSize, 1];
      const out = readStrided(backend, apart, { shape: [batch, time, heads, headSize], strides });
      for (const { dataId } of [query, logSumExp, apart]) backend.disposeData(dataId); // of a single step, out shares apart
      return { ...out, shape: [batch, time, features] };
    },
  },
);

export const cachedSelfAttentionKernels: readonly KernelConfig[] = [cachedSelfAttention];
