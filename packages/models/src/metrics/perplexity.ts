// SPDX-License-Identifier: Apache-2.0
// Among how many equally likely tokens a language model chooses.

import { type Tensor, checkInteger, checkOptions, scope } from '@nabla/core';
import { crossEntropy } from '@nabla/layers';

import type { Metric } from './metric.ts';

export interface PerplexityOptions {
  /** Positions with this label do not count, such as padding. Default: all count. */
  ignoreIndex?: number;
}

/**
 * `exp` of the mean cross-entropy: the number of equally likely tokens that would surprise as much.
 *
 * @example
 * const perplexity = new Perplexity();
 * perplexity.update(tensor2d([[0, 0, 0, 0]]), tensor1d([2], 'int32'));
 * perplexity.compute(); // 4
 */
export class Perplexity implements Metric {
  readonly ignoreIndex: number | undefined;
  #total = 0; // nats
  #count = 0;

  constructor(options: PerplexityOptions = {}) {
    checkOptions('Perplexity', options, ['ignoreIndex']);
    const { ignoreIndex } = options;
    if (ignoreIndex !== undefined) checkInteger('Perplexity', 'ignoreIndex', ignoreIndex);
    this.ignoreIndex = ignoreIndex;
  }

  /**
   * @param predictions `[...batch, classes]`, float32: logits
   * @param targets     `[...batch]`, int32
   * @throws {ShapeError} the shapes do not match
   * @throws {ArgumentError} a target is out of range (code `DATA`)
   */
  update(predictions: Tensor, targets: Tensor): void {
    const { ignoreIndex } = this;
    const options = { reduction: 'none', ignoreIndex } as const;
    const losses = scope(() => crossEntropy(predictions, targets, options).dataSync<'float32'>());
    const labels = targets.dataSync<'int32'>();
    this.#total += losses.reduce((sum, loss) => sum + loss, 0);
    this.#count += labels.filter((label) => label !== ignoreIndex).length;
  }

  compute(): number {
    return Math.exp(this.#total / this.#count);
  }

  reset(): void {
    this.#total = 0;
    this.#count = 0;
  }
}
