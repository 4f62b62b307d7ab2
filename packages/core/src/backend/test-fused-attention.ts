// SPDX-License-Identifier: Apache-2.0
// What the tests of fused attention of device cuda share: sizes, drawn inputs, the op and its formula, how exact each precision is.

import { randomTensor, roundToBf16, roundToTf32 } from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import type { MatmulPrecision } from '../device.ts';
import { type AttentionOptions, plainAttention, scaledDotProductAttention } from '../ops/attention.ts';
import { plainSelfAttention, selfAttention } from '../ops/self-attention.ts';
import { Generator } from '../random.ts';
import { type Tensor, abs, max, mul, square, sum } from '../tf.ts';

export interface Sizes {
  readonly batch?: number;
  readonly heads?: number;
  readonly keyHeads?: number;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
  readonly valueSize?: number;
}

/** Queries, keys and values, of heads that share keys where there are fewer keyHeads. */
export function draw({ batch = 1, heads = 1, keyHeads = heads, queries, keys, size, valueSize = size }: Sizes): Inputs {
  return [
    randomTensor([batch, heads, queries, size], { seed: 1 }),
    randomTensor([batch, keyHeads, keys, size], { seed: 2 }),
    randomTensor([batch, keyHeads, keys, valueSize], { seed: 3 }),
  ];
}

export type Inputs = [query: Tensor, key: Tensor, value: Tensor];
export type Attend = (inputs: readonly Tensor[], options: AttentionOptions) => Tensor;

/** What is tested, and its formula. */
export interface Op {
  readonly fused: Attend;
  readonly plain: Attend;
}

export const ATTENTION: Op = {
  fused: ([query, key, value], options) => scaledDotProductAttention(query, key, value, options),
  plain: ([query, key, value], options) => plainAttention(query, key, value, options),
};

/** With a mask as fourth input, so that an added one has a gradient. */
export const MASKED_ATTENTION: Op = {
  fused: ([query, key, value, mask], options) => scaledDotProductAttention(query, key, value, { ...options, mask }),
  plain: ([query, key, value, mask], options) => plainAttention(query, key, value, { ...options, mask }),
};

export function selfAttentionOf(heads: number): Op {
  return {
    fused: ([x], options) => selfAttention(x, heads, options),
    plain: ([x], options) => plainSelfAttention(x, heads, options),
  };
}

/** Output and gradients of a sum of the outputs, with weights that need no rounding. */
export function run(f: Attend, inputs: readonly Tensor[], options: AttentionOptions): Tensor[] {
  const out = f(inputs, anew(options));
  const weights = roundToBf16(randomTensor(out.shape, { seed: 4 }));
  return [out, ...valueAndGrad(() => sum(mul(f(inputs, anew(options)), weights)), [...inputs]).gradients];
}

/** The same options, with a generator that begins again. */
export function anew(options: AttentionOptions): AttentionOptions {
  return options.generator === undefined ? options : { ...options, generator: new Generator(7) };
}

export const NAMES = [
  'output',
  'gradient of input 0',
  'gradient of input 1',
  'gradient of input 2',
  'gradient of input 3',
];

export interface Tested {
  /** As tensor cores round what they multiply. */
  readonly round: (x: Tensor) => Tensor;
  /** What no element may be off by, of the largest, ... */
  readonly each: number;
  /** ... nor all together, of their length: of a few hundred keys, each counts for more. */
  readonly together: number;
  /** What float32 itself gets wrong where results are 0. */
  readonly floor: number;
  /** A size of heads for the smallest of its kernels. */
  readonly small: number;
  readonly sizes: readonly Sizes[];
}

const TAILS: readonly Sizes[] = [
  { queries: 130, keys: 65, size: 40 },
  { queries: 130, keys: 130, size: 64, heads: 2 },
  { queries: 128, keys: 192, size: 64 },
  { queries: 65, keys: 70, size: 72 },
  { queries: 130, keys: 130, size: 128 },
  { queries: 33, keys: 65, size: 64, valueSize: 24 },
  { queries: 70, keys: 33, size: 8, valueSize: 120 },
];

export const TESTED: Record<MatmulPrecision, Tested> = {
  bf16: {
    round: roundToBf16,
    each: 2 ** -7,
    together: 2 ** -8,
    floor: 1e-5,
    small: 32,
    sizes: [
      { queries: 2, keys: 1, size: 8 },
      { queries: 7, keys: 7, size: 8, batch: 2, heads: 3 },
      { queries: 65, keys: 130, size: 32 },
      { queries: 257, keys: 300, size: 16 },
      ...TAILS,
    ],
  },
  tf32: {
    round: roundToTf32,
    each: 2 ** -10,
    together: 2 ** -11,
    floor: 1e-5,
    small: 12,
    sizes: [
      { queries: 2, keys: 1, size: 4 },
      { queries: 7, keys: 7, size: 4, batch: 2, heads: 3 },
      { queries: 65, keys: 130, size: 36 },
      { queries: 257, keys: 300, size: 20 },
      { queries: 33, keys: 35, size: 100, valueSize: 12 },
      ...TAILS,
    ],
  },
  float32: {
    round: (x) => x,
    each: 1e-5,
    together: 2e-6,
    floor: 1e-6,
    small: 36,
    sizes: [
      { queries: 64, keys: 64, size: 44, batch: 2, heads: 3 },
      { queries: 257, keys: 300, size: 36 },
      { queries: 65, keys: 67, size: 100, valueSize: 12 },
      ...TAILS,
    ],
  },
};

export function largestOf(x: Tensor): number {
  return x.size === 0 ? 0 : Number(max(abs(x)).dataSync()[0]);
}

export function lengthOf(x: Tensor): number {
  return Math.sqrt(Number(sum(square(x)).dataSync()[0]));
}
