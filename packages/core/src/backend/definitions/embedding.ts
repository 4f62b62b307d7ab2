// SPDX-License-Identifier: Apache-2.0
// Rows of a table in TypeScript; see native/src/kernels/embedding.h for the formulas.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { dataError } from '../data-error.ts';
import { definition } from '../kernel.ts';

export interface EmbeddingInputs {
  readonly weight: TensorInfo; // [vocabulary, features]
  readonly indices: TensorInfo; // [...batch], int32
}
export interface EmbeddingGradInputs {
  readonly gradOut: TensorInfo; // [...batch, features]
  readonly indices: TensorInfo; // [...batch], int32
}
export interface EmbeddingGradAttributes {
  readonly vocabulary: number;
  readonly features: number;
}

function checkIndices(indices: ArrayLike<number>, vocabulary: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (index >= 0 && index < vocabulary) continue;
    throw dataError('embedding', 'indices', `from 0 to ${vocabulary - 1}`, `${index} at position ${i}`);
  }
}

/** → out `[...batch, features]` */
const embedding = definition<EmbeddingInputs, object>('NablaEmbedding', ({ weight, indices }, _, backend) => {
  const [vocabulary, features] = weight.shape;
  const [table, rows] = [backend.floats(weight), backend.values(indices)];
  checkIndices(rows, vocabulary);
  const out = new Float32Array(rows.length * features);
  for (let i = 0; i < rows.length; i++) {
    out.set(table.subarray(rows[i] * features, (rows[i] + 1) * features), i * features);
  }
  return backend.make([...indices.shape, features], 'float32', out);
});

/** → gradWeight `[vocabulary, features]` */
const embeddingGrad = definition<EmbeddingGradInputs, EmbeddingGradAttributes>(
  'NablaEmbeddingGrad',
  ({ gradOut, indices }, { vocabulary, features }, backend) => {
    const [grad, rows] = [backend.floats(gradOut), backend.values(indices)];
    checkIndices(rows, vocabulary);
    const shape = [vocabulary, features];
    const gradWeight = new Float32Array(sizeOf(shape));
    for (let i = 0; i < rows.length; i++) {
      const start = rows[i] * features;
      for (let f = 0; f < features; f++) gradWeight[start + f] += grad[i * features + f];
    }
    return backend.make(shape, 'float32', gradWeight);
  },
);

export const embeddingDefinitions: readonly KernelConfig[] = [embedding, embeddingGrad];
