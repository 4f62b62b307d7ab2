// SPDX-License-Identifier: Apache-2.0
// One vector for a bag of entries of a vocabulary.

import {
  ArgumentError,
  type Tensor,
  add,
  argMax,
  cast,
  checkFloat,
  checkInteger,
  checkOneOf,
  checkRank,
  checkShape,
  div,
  embedding,
  expandDims,
  fill,
  gather,
  matMul,
  maximum,
  mul,
  noGrad,
  notEqual,
  ones,
  range,
  reshape,
  scalar,
  squeeze,
  sum,
  where,
  zerosLike,
} from '@nabla/core';

import { checkDrawingOptions } from './drawing-options.ts';
import { type EmbeddingOptions, initialRows } from './embedding.ts';
import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';

type Mode = 'mean' | 'sum' | 'max';

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** What is made of the vectors of a bag; default `mean`. */
  mode?: Mode;
}

/**
 * The mean, sum or maximum of the vectors of all entries of a bag: an {@link Embedding} for sets. Bags of different size are
 * filled up with `paddingIndex`, which counts nothing; of an empty bag all features are 0. Where PyTorch takes `offsets` into
 * one long list, here a bag is a row.
 *
 * @example
 * const layer = new EmbeddingBag(10, 4, { generator: new Generator(1), paddingIndex: 0 });
 * layer.forward(tensor2d([[1, 2, 3], [4, 0, 0]], [2, 3], 'int32')).shape; // [2, 4]
 */
export class EmbeddingBag extends Module {
  readonly weight: Parameter; // [vocabulary, features]
  readonly mode: Mode;
  readonly paddingIndex: number | undefined;

  constructor(vocabulary: number, features: number, options: EmbeddingBagOptions) {
    super();
    checkDrawingOptions('EmbeddingBag', options, ['paddingIndex', 'mode']);
    checkInteger('EmbeddingBag', 'vocabulary', vocabulary, { minimum: 1 });
    checkInteger('EmbeddingBag', 'features', features, { minimum: 1 });
    const { mode = 'mean', paddingIndex } = options;
    checkOneOf('EmbeddingBag', 'mode', mode, ['mean', 'sum', 'max']);
    this.weight = parameter(initialRows('EmbeddingBag', vocabulary, features, options));
    this.mode = mode;
    this.paddingIndex = paddingIndex;
  }

  /**
   * @param indices `[bags, length]`, int32
   * @param factors `[bags, length]`, float32: what each entry counts, for mode `sum` only
   * @returns       `[bags, features]`
   * @throws {ShapeError} `indices` is not `[bags, length]`, or `factors` has another shape
   * @throws {ArgumentError} an index is out of range (code `DATA`), or `factors` with another mode
   */
  override forward(indices: Tensor, factors?: Tensor): Tensor {
    const { mode, paddingIndex } = this;
    const rows = embedding(this.weight, indices, { paddingIndex }); // [bags, length, features]
    checkRank('EmbeddingBag', 'indices', indices, 2);
    if (factors !== undefined) this.#checkFactors(factors, indices);
    const counts = this.#counts(indices); // [bags, length]
    if (mode === 'max') return largest(rows, counts);
    const total = weightedSum(rows, factors === undefined ? counts : mul(factors, counts)); // [bags, features]
    return mode === 'sum' ? total : div(total, maximum(sum(counts, -1, true), 1));
  }

  #checkFactors(factors: Tensor, indices: Tensor): void {
    checkFloat('EmbeddingBag', { factors });
    checkShape('EmbeddingBag', 'factors', factors, indices.shape, 'It must have the shape of indices.');
    if (this.mode === 'sum') return;
    const hint = `The mode is "${this.mode}".`;
    const expected = 'to be given with mode "sum" only';
    throw new ArgumentError({ op: 'EmbeddingBag', argument: 'factors', expected, received: 'factors', hint });
  }

  /** 1 for an entry, 0 for padding. */
  #counts(indices: Tensor): Tensor {
    if (this.paddingIndex === undefined) return ones(indices.shape);
    return cast(notEqual(indices, scalar(this.paddingIndex, 'int32')), 'float32');
  }
}

function weightedSum(rows: Tensor, factors: Tensor): Tensor {
  return squeeze(matMul(expandDims(factors, 1), rows), [1]); // [bags, 1, length] · [bags, length, features]
}

/** Of entries that are equally large, the first one alone gets the gradient, as in PyTorch. */
function largest(rows: Tensor, counts: Tensor): Tensor {
  const [bags = 0, length = 0, features = 0] = rows.shape;
  const places = noGrad(() => {
    const counted = where(cast(expandDims(counts, -1), 'bool'), rows, fill(rows.shape, -Infinity));
    const first = cast(argMax(counted, 1), 'int32'); // [bags, features]
    const starts = reshape(range(0, bags * length * features, length * features, 'int32'), [bags, 1]);
    return add(add(mul(first, scalar(features, 'int32')), starts), range(0, features, 1, 'int32'));
  });
  const found = gather(reshape(rows, [-1]), places); // [bags, features]
  const filled = noGrad(() => cast(sum(counts, -1, true), 'bool')); // [bags, 1]
  return where(filled, found, zerosLike(found));
}
