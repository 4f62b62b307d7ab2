// SPDX-License-Identifier: Apache-2.0
// A feed-forward network that classifies rows of numbers.

import type { Generator } from '@nabla/core';
import { Dropout, type Layer, Linear, ReLU, Sequential } from '@nabla/layers';

/** The shape of a feed-forward network. */
export interface FnnShape {
  readonly features: number;
  readonly hidden: readonly number[];
  readonly classes: number;
  readonly dropout: number;
}

/**
 * `linear → ReLU → dropout` for each hidden layer, then `linear` to one logit a class: `[batch, features]` → `[batch, classes]`.
 *
 * @example
 * const model = makeFnn({ features: 30, hidden: [16], classes: 2, dropout: 0 }, new Generator(1));
 * model.forward(zeros([5, 30])).shape; // [5, 2]
 */
export function makeFnn({ features, hidden, classes, dropout }: FnnShape, generator: Generator): Sequential {
  const widths = [features, ...hidden];
  const layers: Layer[] = hidden.flatMap((width, i) => [
    new Linear(widths[i] ?? features, width, { generator }),
    new ReLU(),
    new Dropout(dropout, { generator }),
  ]);
  return new Sequential(...layers, new Linear(widths.at(-1) ?? features, classes, { generator }));
}
