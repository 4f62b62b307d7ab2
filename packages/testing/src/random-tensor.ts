// SPDX-License-Identifier: Apache-2.0
// Random test data that depends on the seed alone: computed here, so that no device has a part in it.

import { type Tensor, tensor } from '@nabla/core';

/** Where the numbers lie; without limits they are standard normal. */
export interface RandomTensorOptions {
  readonly seed: number;
  readonly low?: number;
  readonly high?: number;
}

// Values are multiples of this, so that small steps away from them are exact in float32.
const GRID = 2 ** -10;

/**
 * A float32 tensor of multiples of 2^-10: standard normal, or uniform in `[low, high)` when either limit is given
 * (defaults -1 and 1).
 */
export function randomTensor(shape: readonly number[], options: RandomTensorOptions): Tensor {
  return tensor(randomValues(sizeOf(shape), options), [...shape], 'float32');
}

/** The values of {@link randomTensor}. */
export function randomValues(count: number, { seed, low, high }: RandomTensorOptions): Float32Array {
  const next = uniformSource(seed);
  const uniform = low !== undefined || high !== undefined;
  const [least, most] = [low ?? -1, high ?? 1];
  const draw = (): number =>
    uniform ? least + (most - least) * next() : Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Float32Array.from({ length: count }, () => Math.floor(draw() / GRID) * GRID);
}

/** An int32 tensor of numbers in `[0, high)`. */
export function randomIntegers(shape: readonly number[], high: number, { seed }: { readonly seed: number }): Tensor {
  const next = uniformSource(seed);
  const values = Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(next() * high));
  return tensor(values, [...shape], 'int32');
}

/** A bool tensor in which about three of four elements are true. */
export function randomMask(shape: readonly number[], { seed }: { readonly seed: number }): Tensor {
  const next = uniformSource(seed);
  const values = Uint8Array.from({ length: sizeOf(shape) }, () => Number(next() < 0.75));
  return tensor(values, [...shape], 'bool');
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Numbers in `[0, 1)`: mulberry32, Tommy Ettinger 2017. */
function uniformSource(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
