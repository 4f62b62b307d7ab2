// SPDX-License-Identifier: Apache-2.0
// One row per loss of @nabla/layers that rows/losses.ts does not have, and the golden values of every option of both.

import { type Tensor, add, fill, logSoftmax, scalar } from '@nabla/core';
import * as layers from '@nabla/layers';
import { fromValues } from '../check-golden.ts';
import { type GoldenLayer, type LayerRow, layerRow } from '../check-layer.ts';
import { type LossOptionValues, golden } from '../golden.ts';
import { randomIntegers, randomTensor } from '../random-tensor.ts';

/** A module that compares tensors. */
type Loss = layers.Module & { forward(...inputs: Tensor[]): Tensor };

interface Weights {
  readonly weight?: Tensor;
  readonly positiveWeight?: Tensor;
}

/** A loss made from the options of a recorded case, and the weights that belong to it. */
type Make = (options: LossOptionValues, weights: Weights) => Loss;

/** The golden cases of a loss; the inputs are recorded in the order in which `forward` takes them. */
export function lossCases(name: string, make: Make): GoldenLayer<Loss>[] {
  return golden('loss_modules')
    .cases.filter(({ options }) => options.loss === name)
    .map((recorded) => ({
      recorded,
      make: () => {
        const { weight, pos_weight: positiveWeight } = recorded.parameters;
        return make(recorded.options.options, {
          ...(weight !== undefined && { weight: fromValues(weight) }),
          ...(positiveWeight !== undefined && { positiveWeight: fromValues(positiveWeight) }),
        });
      },
      forward: (layer, inputs) => layer.forward(...Object.keys(recorded.inputs).map((key) => inputs[key])),
    }));
}

function loss(name: string, make: Make, inputs: () => Tensor[]): LayerRow {
  return layerRow<Loss>({
    make: () => make({}, {}),
    inputs,
    forward: (layer, ...given) => layer.forward(...given),
    output: [],
    parameters: {},
    golden: lossCases(name, make),
  });
}

const normal = (count: number): Tensor[] => Array.from({ length: count }, (_, i) => randomTensor([3, 5], { seed: i }));
const uniform = (seed: number): Tensor => randomTensor([3, 5], { seed, low: 0.1, high: 1 });
const labels = (): Tensor => randomIntegers([3], 5, { seed: 2 });
const pairs = (count: number, signs: readonly number[]): Tensor[] => [
  ...normal(count),
  randomTensor(signs, { seed: 9 }).sign(),
];

/** Rows by the name of the class. */
export const lossModuleRows: Readonly<Record<string, LayerRow>> = {
  BCELoss: loss(
    'BCELoss',
    (options, { weight }) => new layers.BCELoss({ ...options, weight }),
    () => [uniform(1), uniform(2)],
  ),
  CosineEmbeddingLoss: loss(
    'CosineEmbeddingLoss',
    (options) => new layers.CosineEmbeddingLoss(options),
    () => pairs(2, [3]),
  ),
  CTCLoss: layerRow<layers.CTCLoss>({
    make: () => new layers.CTCLoss(),
    inputs: () => [
      logSoftmax(randomTensor([3, 6, 5], { seed: 1 })),
      add(randomIntegers([3, 2], 4, { seed: 2 }), scalar(1, 'int32')),
      fill([3], 6, 'int32'),
      fill([3], 2, 'int32'),
    ],
    forward: (layer, logProbabilities, targets, inputLengths, targetLengths) =>
      layer.forward(logProbabilities, targets, inputLengths, targetLengths),
    output: [],
    parameters: {},
    golden: golden('ctc_loss').cases.map((recorded) => ({
      recorded,
      make: () => new layers.CTCLoss(recorded.options),
      forward: (layer, { logits, targets, inputLengths, targetLengths }) =>
        layer.forward(logSoftmax(logits), targets, inputLengths, targetLengths),
    })),
  }),
  FocalLoss: loss(
    'FocalLoss',
    (options) => new layers.FocalLoss(options),
    () => [...normal(1), uniform(2)],
  ),
  GaussianNLLLoss: loss(
    'GaussianNLLLoss',
    (options) => new layers.GaussianNLLLoss(options),
    () => [...normal(2), uniform(3)],
  ),
  HingeEmbeddingLoss: loss(
    'HingeEmbeddingLoss',
    (options) => new layers.HingeEmbeddingLoss(options),
    () => pairs(1, [3, 5]),
  ),
  HuberLoss: loss(
    'HuberLoss',
    (options) => new layers.HuberLoss(options),
    () => normal(2),
  ),
  InfoNCELoss: loss(
    'InfoNCELoss',
    (options) => new layers.InfoNCELoss(options),
    () => normal(2),
  ),
  KLDivLoss: loss(
    'KLDivLoss',
    (options) => new layers.KLDivLoss(options),
    () => [...normal(1), uniform(2)],
  ),
  L1Loss: loss(
    'L1Loss',
    (options) => new layers.L1Loss(options),
    () => normal(2),
  ),
  MarginRankingLoss: loss(
    'MarginRankingLoss',
    (options) => new layers.MarginRankingLoss(options),
    () => pairs(2, [3, 5]),
  ),
  NLLLoss: loss(
    'NLLLoss',
    (options, { weight }) => new layers.NLLLoss({ ...options, weight }),
    () => [...normal(1), labels()],
  ),
  PoissonNLLLoss: loss(
    'PoissonNLLLoss',
    (options) => new layers.PoissonNLLLoss(options),
    () => [...normal(1), uniform(2)],
  ),
  SmoothL1Loss: loss(
    'SmoothL1Loss',
    (options) => new layers.SmoothL1Loss(options),
    () => normal(2),
  ),
  TripletMarginLoss: loss(
    'TripletMarginLoss',
    (options) => new layers.TripletMarginLoss(options),
    () => normal(3),
  ),
};
