// SPDX-License-Identifier: Apache-2.0
// Positions as rotations of queries and keys, so that their products depend on distances alone.

import {
  ArgumentError,
  type Tensor,
  add,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkShape,
  concat,
  keep,
  mul,
  reshape,
  slice,
  split,
  stack,
  sub,
  tensor2d,
  unstack,
} from '@nabla/core';

import { Module } from '../module.ts';

export interface RotaryEmbeddingOptions {
  /** Positions after which the slowest pair has turned by about 1 radian; default 10000. */
  base?: number;
  /**
   * Which features turn together: `neighbours` 2i and 2i + 1, as in the paper and in GPT-J; `halves` i and i + headSize / 2, as
   * in GPT-NeoX and in published Llama weights of Hugging Face. Default `neighbours`.
   */
  pairs?: 'neighbours' | 'halves';
}

export interface RotaryPositions {
  /** The position of the first time step: how many steps are already in a cache of keys; default 0. */
  offset?: number;
}

/**
 * Rotates each pair of features of a query or key by an angle that grows with its position, and more slowly from pair to pair:
 * `(a, b) → (a · cos θ - b · sin θ, a · sin θ + b · cos θ)`, `θ = (offset + t) · base^(-2i / headSize)` for pair i at step t.
 * The product of a rotated query and a rotated key depends on their distance and on no position. Nothing is learned or saved.
 *
 * @see Su et al. 2021, https://arxiv.org/abs/2104.09864
 * @example
 * const rotary = new RotaryEmbedding(10, 2);
 * rotary.forward(tensor4d([[[[1, 0], [1, 0]]]])); // [[[[1, 0], [0.540302, 0.841471]]]]
 * rotary.forward(tensor4d([[[[1, 0]]]]), { offset: 1 }); // [[[[0.540302, 0.841471]]]]
 */
export class RotaryEmbedding extends Module {
  readonly cosines: Tensor; // [maximumTime, headSize / 2]
  readonly sines: Tensor; // the same
  readonly pairs: 'neighbours' | 'halves';

  constructor(maximumTime: number, headSize: number, options: RotaryEmbeddingOptions = {}) {
    super();
    checkOptions('RotaryEmbedding', options, ['base', 'pairs']);
    checkInteger('RotaryEmbedding', 'maximumTime', maximumTime, { minimum: 1 });
    checkInteger('RotaryEmbedding', 'headSize', headSize, { minimum: 2 });
    const { base = 10000, pairs = 'neighbours' } = options;
    checkNumber('RotaryEmbedding', 'base', base, { above: 0 });
    checkOneOf('RotaryEmbedding', 'pairs', pairs, ['neighbours', 'halves']);
    if (headSize % 2 !== 0) {
      const received = String(headSize);
      throw new ArgumentError({ op: 'RotaryEmbedding', argument: 'headSize', expected: 'to be even', received });
    }
    const count = headSize / 2;
    const table = (f: (angle: number) => number): Tensor => {
      const angle = (i: number): number => Math.floor(i / count) * base ** ((-2 * (i % count)) / headSize);
      const values = Float32Array.from({ length: maximumTime * count }, (_, i) => f(angle(i)));
      return keep(tensor2d(values, [maximumTime, count]));
    };
    this.cosines = table(Math.cos);
    this.sines = table(Math.sin);
    this.pairs = pairs;
  }

  /** `[...batch, time, headSize]` → the same shape, such as queries of all heads; `offset + time` at most `maximumTime`. */
  override forward(x: Tensor, options: RotaryPositions = {}): Tensor {
    checkOptions('RotaryEmbedding', options, ['offset']);
    const { offset = 0 } = options;
    checkInteger('RotaryEmbedding', 'offset', offset, { minimum: 0 });
    const [maximumTime = 0, count = 0] = this.cosines.shape;
    checkShape('RotaryEmbedding', 'x', x, ['...batch', 'time', 2 * count]);
    const time = x.shape.at(-2) ?? 0;
    if (offset + time > maximumTime) {
      const expected = `at most ${maximumTime} positions, offset included`;
      throw new ArgumentError({ op: 'RotaryEmbedding', argument: 'x', expected, received: String(offset + time) });
    }
    const cosine = slice(this.cosines, [offset, 0], [time, count]);
    const sine = slice(this.sines, [offset, 0], [time, count]);
    if (this.pairs === 'halves') return concat(rotate(split(x, 2, -1) as Pairs, cosine, sine), -1);
    const pairs = reshape(x, [...x.shape.slice(0, -1), count, 2]);
    return reshape(stack(rotate(unstack(pairs, -1) as Pairs, cosine, sine), -1), x.shape);
  }
}

type Pairs = [Tensor, Tensor];

/** The pairs (a, b), each component `[...batch, time, headSize / 2]`, rotated. */
function rotate([a, b]: Pairs, cosine: Tensor, sine: Tensor): Pairs {
  return [sub(mul(a, cosine), mul(b, sine)), add(mul(a, sine), mul(b, cosine))];
}
