// SPDX-License-Identifier: Apache-2.0
// One row per loss of @nabla/layers, all with the golden values of PyTorch's loss modules.

import type { Tensor } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type GoldenLayer, type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomIntegers, randomTensor } from '../random-tensor.ts';
import { lossCases } from './loss-modules.ts';

/** A module that compares an input with a target. */
type Loss = layers.Module & { forward(input: Tensor, target: Tensor): Tensor };

/** @param others golden cases of its other options */
function loss(
  name: string,
  make: (options: layers.LossOptions) => Loss,
  inputs: () => Tensor[],
  others: readonly GoldenLayer<Loss>[] = [],
): LayerRow {
  return layerRow<Loss>({
    make: () => make({}),
    inputs,
    forward: (layer, input, target) => layer.forward(input, target),
    output: [],
    parameters: {},
    golden: [
      ...golden('losses')
        .cases.filter(({ options }) => options.loss === name)
        .map((recorded): GoldenLayer<Loss> => ({
          recorded,
          make: () => make({ reduction: recorded.options.reduction }),
          forward: (layer, { input, target }) => layer.forward(input, target),
        })),
      ...others,
    ],
  });
}

const pair = (low: number): Tensor[] => [
  randomTensor([3, 5], { seed: 1 }),
  randomTensor([3, 5], { seed: 2, low, high: 1 }),
];

/** Rows by the name of the class. */
export const lossRows: Readonly<Record<string, LayerRow>> = {
  BCEWithLogitsLoss: loss(
    'BCEWithLogitsLoss',
    (options) => new layers.BCEWithLogitsLoss(options),
    () => pair(0),
    lossCases('BCEWithLogitsLoss', (options, weights) => new layers.BCEWithLogitsLoss({ ...options, ...weights })),
  ),
  CrossEntropyLoss: loss(
    'CrossEntropyLoss',
    (options) => new layers.CrossEntropyLoss(options),
    () => [randomTensor([4, 7], { seed: 1 }), randomIntegers([4], 7, { seed: 2 })],
    lossCases('CrossEntropyLoss', (options, { weight }) => new layers.CrossEntropyLoss({ ...options, weight })),
  ),
  MSELoss: loss(
    'MSELoss',
    (options) => new layers.MSELoss(options),
    () => pair(-1),
  ),
};
