// SPDX-License-Identifier: Apache-2.0
// Rows of a table on device cpu.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import type { EmbeddingGradAttributes, EmbeddingGradInputs, EmbeddingInputs } from '../definitions/embedding.ts';
import { nativeKernel } from '../kernel.ts';

const embedding = nativeKernel<EmbeddingInputs, object>('NablaEmbedding', {
  run: ({ weight, indices }, _, backend) => {
    const [vocabulary, features] = weight.shape;
    const out = backend.allocate([...indices.shape, features], 'float32');
    backend.kernels.embedding_f32({
      weight: backend.buffer(weight),
      indices: backend.buffer(indices),
      out: backend.buffer(out),
      count: sizeOf(indices.shape),
      vocabulary,
      features,
    });
    return out;
  },
});

const embeddingGrad = nativeKernel<EmbeddingGradInputs, EmbeddingGradAttributes>('NablaEmbeddingGrad', {
  run: ({ gradOut, indices }, { vocabulary, features }, backend) => {
    const gradWeight = backend.allocate([vocabulary, features], 'float32');
    backend.kernels.embedding_grad_f32({
      grad_out: backend.buffer(gradOut),
      indices: backend.buffer(indices),
      grad_weight: backend.buffer(gradWeight),
      count: sizeOf(indices.shape),
      vocabulary,
      features,
    });
    return gradWeight;
  },
});

export const embeddingKernels: readonly KernelConfig[] = [embedding, embeddingGrad];
