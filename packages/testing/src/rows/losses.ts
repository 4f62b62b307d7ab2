// SPDX-License-Identifier: Apache-2.0
// One row per loss of @nabla/layers, all with the golden values of PyTorch's loss modules.

import type { Tensor } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomIntegers, randomTensor } from '../random-tensor.ts';

/** A module that compares an input with a target. */
type Loss = layers.Module & { forward(input: Tensor, target: Tensor): Tensor };

function loss(name: string, make: (options: layers.LossOptions) => Loss, inputs: () => Tensor[]): LayerRow {
  return layerRow<Loss>({
    make: () => make({}),
    inputs,
    forward: (layer, input, target) => layer.forward(input, target),
    output: [],
    parameters: {},
    golden: golden('losses')
      .cases.filter(({ options }) => options.loss === name)
      .map((recorded) => ({
        recorded,
        make: () => make({ reduction: recorded.options.reduction }),
        forward: (layer, { input, target }) => layer.forward(input, target),
      })),
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
  ),
  CrossEntropyLoss: loss(
    'CrossEntropyLoss',
    (options) => new layers.CrossEntropyLoss(options),
    () => [randomTensor([4, 7], { seed: 1 }), randomIntegers([4], 7, { seed: 2 })],
  ),
  MSELoss: loss(
    'MSELoss',
    (options) => new layers.MSELoss(options),
    () => pair(-1),
  ),
};
