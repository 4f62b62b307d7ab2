// SPDX-License-Identifier: Apache-2.0
// Embedding: checks, the plain formula, the fused kernel and its gradient.

import { checkDtype, checkFloat, checkRank, checkTensor } from '../check.ts';
import { type Tensor, gather } from '../tf.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

/**
 * Looks up one row of `weight` for each index. The gradient of a row is the sum over all places that it was used in, added
 * in their order: the same on any number of threads.
 *
 * @param weight   `[vocabulary, features]`, float32
 * @param indices  `[...batch]`, int32, from 0 to vocabulary - 1
 * @returns        `[...batch, features]`
 * @throws {ShapeError} `weight` is not `[vocabulary, features]`
 * @throws {DTypeError} `weight` is not float32 or `indices` is not int32
 * @throws {ArgumentError} an index is out of range (code `DATA`)
 * @example
 * embedding(tensor2d([[1, 2], [3, 4]]), tensor1d([1, 1, 0], 'int32')); // [[3, 4], [3, 4], [1, 2]]
 */
export function embedding(weight: Tensor, indices: Tensor): Tensor {
  checkFloat('embedding', { weight });
  checkRank('embedding', 'weight', weight, 2);
  checkTensor('embedding', 'indices', indices);
  checkDtype('embedding', 'indices', indices, 'int32');
  return runFused('NablaEmbedding', { weight, indices });
}

/** The formula of {@link embedding}, op by op. */
export function plainEmbedding(weight: Tensor, indices: Tensor): Tensor {
  return gather(weight, indices);
}

defineGradient({
  kernelName: 'NablaEmbedding',
  savedInputs: ['weight', 'indices'],
  gradient: (gradOut, [weight, indices]) => {
    const [vocabulary, features] = weight.shape;
    return { weight: runKernelForOne('NablaEmbeddingGrad', { gradOut, indices }, { vocabulary, features }) };
  },
});
