// SPDX-License-Identifier: Apache-2.0
// A text as windows of token ids, each with the ids that come next.

import { ArgumentError, checkInteger, checkNumber, checkOptions } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';

/** One window of a text. */
export interface TextExample {
  /** `[context]`, a view of the data set's memory: read it, do not write it. */
  readonly inputs: Int32Array;
  /** `[context]`: `targets[t]` is the token after `inputs[t]`. A view, too. */
  readonly targets: Int32Array;
}

/** How a text is cut into windows. */
export interface TextOptions {
  /** Length of a window, in tokens. */
  readonly context: number;
  /** Tokens from the start of one window to the start of the next. Default: 1. */
  readonly stride?: number;
}

/**
 * Windows of `context` tokens, the first at the start of the text and each further one `stride` tokens later, as far as there
 * is a token after the window's last.
 *
 * For training, take `stride` 1 and a `RandomWithReplacementSampler`: each example is then a window at a random offset, as in
 * nanoGPT's `get_batch`. For evaluation, take `stride: context` and the sequential sampler: the windows cover the text once, in
 * order, each token (but the first) predicted once.
 *
 * @throws {ArgumentError} the text is shorter than `context + 1` tokens (code `TEXT`), or an option is no integer >= 1
 * @see nanoGPT, `get_batch` in https://github.com/karpathy/nanoGPT/blob/master/train.py
 * @example
 * const windows = new TextDataset(new Int32Array([5, 6, 7, 8]), { context: 2 });
 * [windows.length, [...windows.get(1).inputs], [...windows.get(1).targets]]; // [2, [6, 7], [7, 8]]
 */
export class TextDataset implements Dataset<TextExample> {
  readonly tokens: Int32Array;
  readonly context: number;
  readonly stride: number;
  readonly length: number;

  constructor(tokens: Int32Array, options: TextOptions) {
    const op = 'TextDataset';
    checkOptions(op, options, ['context', 'stride']);
    const { context, stride = 1 } = options;
    checkInteger(op, 'context', context, { minimum: 1 });
    checkInteger(op, 'stride', stride, { minimum: 1 });
    if (tokens.length < context + 1) {
      const expected = `to have at least ${context + 1} tokens (context + 1)`;
      const hint = 'Take a longer text, a smaller context, or a larger part of the text.';
      throw new ArgumentError({ op, argument: 'tokens', expected, received: String(tokens.length), hint }, 'TEXT');
    }
    this.tokens = tokens;
    this.context = context;
    this.stride = stride;
    this.length = Math.floor((tokens.length - 1 - context) / stride) + 1;
  }

  get(index: number): TextExample {
    checkIndex('TextDataset.get', index, this.length);
    const start = index * this.stride;
    return {
      inputs: this.tokens.subarray(start, start + this.context),
      targets: this.tokens.subarray(start + 1, start + 1 + this.context),
    };
  }
}

/**
 * Cuts a text in two: the first `fraction` of its tokens to train on, the rest to validate on, as nanoGPT does with 0.9. The
 * parts are views of `tokens`.
 *
 * @param tokens    token ids
 * @param fraction  above 0 and below 1; default 0.9
 * @throws {ArgumentError} there are no tokens (code `TEXT`), or `fraction` is out of range
 * @example
 * splitTokens(new Int32Array(10)).train.length; // 9
 */
export function splitTokens(tokens: Int32Array, fraction = 0.9): { train: Int32Array; validation: Int32Array } {
  const op = 'splitTokens';
  checkNumber(op, 'fraction', fraction, { above: 0, below: 1 });
  if (tokens.length === 0) {
    throw new ArgumentError({ op, argument: 'tokens', expected: 'to be a text', received: 'an empty one' }, 'TEXT');
  }
  const end = Math.floor(tokens.length * fraction);
  return { train: tokens.subarray(0, end), validation: tokens.subarray(end) };
}
