// SPDX-License-Identifier: Apache-2.0
// Embedding: checks, the plain formula, the fused kernel and its gradient.

import { noGrad } from '../autodiff.ts';
import { checkDtype, checkFloat, checkInteger, checkOptions, checkRank, checkTensor } from '../check.ts';
import { type Tensor, clone, expandDims, gather, notEqual, scalar, where, zerosLike } from '../tf.ts';
import { defineGradient, runFused } from './run.ts';

export interface EmbeddingOptions {
  /** A row that gets no gradient, as that of padding should not. Default: every row gets one. */
  paddingIndex?: number | undefined;
}

/**
 * Looks up one row of `weight` for each index. The gradient of a row is the sum over all places that it was used in, in an
 * order that depends on the indices alone: the same each time, on any number of threads.
 *
 * @param weight   `[vocabulary, features]`, float32
 * @param indices  `[...batch]`, int32, from 0 to vocabulary - 1
 * @param options  `paddingIndex`: the row without gradient
 * @returns        `[...batch, features]`
 * @throws {ShapeError} `weight` is not `[vocabulary, features]`
 * @throws {DTypeError} `weight` is not float32 or `indices` is not int32
 * @throws {ArgumentError} an index is out of range (code `DATA`), or `paddingIndex` is
 * @example
 * embedding(tensor2d([[1, 2], [3, 4]]), tensor1d([1, 1, 0], 'int32')); // [[3, 4], [3, 4], [1, 2]]
 */
export function embedding(weight: Tensor, indices: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkOptions('embedding', options, ['paddingIndex']);
  checkFloat('embedding', { weight });
  checkRank('embedding', 'weight', weight, 2);
  checkTensor('embedding', 'indices', indices);
  checkDtype('embedding', 'indices', indices, 'int32');
  const { paddingIndex } = options;
  const maximum = (weight.shape[0] ?? 0) - 1;
  if (paddingIndex !== undefined) checkInteger('embedding', 'paddingIndex', paddingIndex, { minimum: 0, maximum });
  return runFused('NablaEmbedding', { weight, indices }, { paddingIndex });
}

/** The formula of {@link embedding}, op by op. */
export function plainEmbedding(weight: Tensor, indices: Tensor, { paddingIndex }: EmbeddingOptions = {}): Tensor {
  const rows = gather(weight, indices); // [...batch, features]
  if (paddingIndex === undefined) return rows;
  return where(
    isNot(indices, paddingIndex),
    rows,
    gather(
      noGrad(() => clone(weight)),
      indices,
    ),
  );
}

/** `[...batch, 1]` */
function isNot(indices: Tensor, index: number): Tensor {
  return expandDims(notEqual(indices, scalar(index, 'int32')), -1);
}

defineGradient<EmbeddingOptions>({
  kernelName: 'NablaEmbedding',
  savedInputs: ['weight', 'indices'],
  gradient: (gradOut, [weight, indices], { paddingIndex }) => {
    const [vocabulary, features] = weight.shape;
    const kept =
      paddingIndex === undefined ? gradOut : where(isNot(indices, paddingIndex), gradOut, zerosLike(gradOut));
    return { weight: runFused('NablaEmbeddingGrad', { gradOut: kept, indices }, { vocabulary, features }) };
  },
});

defineGradient({
  kernelName: 'NablaEmbeddingGrad',
  savedInputs: ['indices'],
  gradient: (grad, [indices]) => ({ gradOut: runFused('NablaEmbedding', { weight: grad, indices }) }),
});
