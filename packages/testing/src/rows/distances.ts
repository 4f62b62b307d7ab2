// SPDX-License-Identifier: Apache-2.0
// One row per layer of @nabla/layers that compares vectors.

import type { Tensor } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

type Comparison = layers.Module & { forward(a: Tensor, b: Tensor): Tensor };

function comparison(name: string, make: (options: { epsilon?: number; p?: number }) => Comparison): LayerRow {
  return layerRow<Comparison>({
    make: () => make({}),
    inputs: () => [1, 2].map((seed) => randomTensor([2, 3, 5], { seed })),
    forward: (layer, a, b) => layer.forward(a, b),
    output: [2, 3],
    parameters: {},
    golden: golden('distances')
      .cases.filter(({ options }) => options.layer === name)
      .map((recorded) => ({
        recorded,
        make: () => make(recorded.options.options),
        forward: (layer, { a, b }) => layer.forward(a, b),
      })),
  });
}

/** Rows by the name of the class. */
export const distanceRows: Readonly<Record<string, LayerRow>> = {
  CosineSimilarity: comparison('CosineSimilarity', (options) => new layers.CosineSimilarity(options)),
  PairwiseDistance: comparison('PairwiseDistance', (options) => new layers.PairwiseDistance(options)),
};
