// SPDX-License-Identifier: Apache-2.0
// Linear maps of one input, computed together.

import { type Tensor, concat, linear } from '@nabla/core';
import type { Linear } from '@nabla/layers';

/**
 * What several linear maps make of the same input, side by side: `concat(x · Wᵢᵀ + bᵢ)`. The three maps of queries, keys and values that a
 * checkpoint has become what {@link selfAttention} takes.
 *
 * Either the results are put together, or before that the weights, for a single product. Both give the same; whatever is smaller is
 * moved, so that a long input is not copied and a short one does not copy the weights. Where hooks look at a map, it is called.
 *
 * @param x     `[...batch, inputs]`
 * @param maps  each with a bias, or none of them
 * @returns     `[...batch, outputs of all maps]`
 */
export function jointLinear(x: Tensor, maps: readonly Linear[]): Tensor {
  const inputs = x.shape.at(-1) ?? 1;
  const apart = x.size / inputs < inputs || maps.some(({ hasForwardHooks }) => hasForwardHooks);
  if (apart) {
    const results = maps.map((map) => map.forward(x));
    return concat(results, -1);
  }
  const biases = maps.flatMap(({ bias }) => bias ?? []);
  return linear(x, concat(maps.map(({ weight }) => weight)), biases.length > 0 ? concat(biases) : undefined);
}
