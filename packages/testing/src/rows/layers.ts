// SPDX-License-Identifier: Apache-2.0
// One row per layer of @nabla/layers: how to make it, feed it, and which golden values it must reproduce.

import { type Tensor } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type GoldenLayer, type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomIntegers, randomTensor } from '../random-tensor.ts';
import { paddedEmbeddings } from './bilinear-embedding.ts';

const linear = layerRow<layers.Linear>({
  make: (generator) => new layers.Linear(5, 3, { generator }),
  inputs: () => [randomTensor([2, 5], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 3],
  parameters: { weight: [3, 5], bias: [3] },
  golden: golden('linear')
    .cases.filter(({ options }) => options.activation === null)
    .map((recorded) => ({
      recorded,
      make: (generator) => {
        const [outputs, inputs] = recorded.parameters['weight'].shape;
        return new layers.Linear(inputs, outputs, { generator, bias: recorded.options.bias });
      },
      forward: (layer, { x }) => layer.forward(x),
    })),
});

const embedding = layerRow<layers.Embedding>({
  make: (generator) => new layers.Embedding(7, 3, { generator }),
  inputs: () => [randomIntegers([2, 5], 7, { seed: 1 })],
  forward: (layer, indices) => layer.forward(indices),
  output: [2, 5, 3],
  parameters: { weight: [7, 3] },
  looksUp: true,
  golden: [
    ...golden('embedding').cases.map((recorded): GoldenLayer<layers.Embedding> => ({
      recorded,
      make: (generator) => new layers.Embedding(recorded.options.vocabulary, recorded.options.features, { generator }),
      forward: (layer, { indices }) => layer.forward(indices),
    })),
    ...paddedEmbeddings,
  ],
});

const layerNorm = layerRow<layers.LayerNorm>({
  make: () => new layers.LayerNorm(5),
  inputs: () => [randomTensor([2, 3, 5], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 3, 5],
  parameters: { weight: [5], bias: [5] },
  golden: golden('layer_norm').cases.map((recorded) => ({
    recorded,
    make: () => new layers.LayerNorm(recorded.options.features, { epsilon: recorded.options.epsilon }),
    forward: (layer, { x }) => layer.forward(x),
  })),
});

const rmsNorm = layerRow<layers.RMSNorm>({
  make: () => new layers.RMSNorm(5),
  inputs: () => [randomTensor([2, 3, 5], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 3, 5],
  parameters: { weight: [5] },
  golden: golden('rms_norm').cases.map((recorded) => ({
    recorded,
    make: () => new layers.RMSNorm(recorded.options.features, { epsilon: recorded.options.epsilon }),
    forward: (layer, { x }) => layer.forward(x),
  })),
});

const dropout = layerRow<layers.Dropout>({
  make: (generator) => new layers.Dropout(0.4, { generator }),
  inputs: () => [randomTensor([5, 7], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [5, 7],
  parameters: {},
  randomInTraining: true,
});

const learnedPositions = layerRow<layers.LearnedPositions>({
  make: (generator) => new layers.LearnedPositions(5, 3, { generator }),
  inputs: () => [randomTensor([2, 4, 3], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 4, 3],
  parameters: { weight: [5, 3] },
  looksUp: true,
});

const sinusoidalPositions = layerRow<layers.SinusoidalPositions>({
  make: () => new layers.SinusoidalPositions(9, 6),
  inputs: () => [randomTensor([2, 4, 6], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 4, 6],
  parameters: {},
  golden: golden('positions').cases.map((recorded) => ({
    recorded,
    make: () => new layers.SinusoidalPositions(recorded.options.time + 2, recorded.options.features),
    forward: (layer, { x }) => layer.forward(x),
  })),
});

/** A row of an activation function: no parameters, and golden values by its name in the fixture. */
function activation(make: () => layers.Layer, name: string): LayerRow {
  return layerRow<layers.Layer>({
    make,
    inputs: () => [randomTensor([3, 7], { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output: [3, 7],
    parameters: {},
    golden: golden('activations')
      .cases.filter(({ options }) => options.activation === name)
      .map((recorded) => ({ recorded, make, forward: (layer, { x }) => layer.forward(x) })),
  });
}

const sequential = layerRow<layers.Sequential>({
  make: (generator) =>
    new layers.Sequential(
      new layers.Linear(5, 7, { generator }),
      new layers.ReLU(),
      new layers.Dropout(0.3, { generator }),
      new layers.Linear(7, 3, { generator }),
    ),
  inputs: () => [randomTensor([4, 5], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [4, 3],
  parameters: { '0.weight': [7, 5], '0.bias': [7], '3.weight': [3, 7], '3.bias': [3] },
  randomInTraining: true,
  golden: golden('mlp').cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { sizes, activations } = recorded.options;
      const made = {
        relu: layers.ReLU,
        tanh: layers.Tanh,
        sigmoid: layers.Sigmoid,
        gelu: layers.GELU,
        silu: layers.SiLU,
      };
      const chain = sizes
        .slice(1)
        .flatMap((outputs, i) => [
          new layers.Linear(sizes[i], outputs, { generator }),
          ...activations.slice(i, i + 1).map((name) => new made[name]()),
        ]);
      return new layers.Sequential(...chain);
    },
    forward: (layer, { x }) => layer.forward(x),
  })),
});

const moduleList = layerRow<layers.ModuleList>({
  make: (generator) => new layers.ModuleList([new layers.Linear(5, 5, { generator }), new layers.LayerNorm(5)]),
  inputs: () => [randomTensor([4, 5], { seed: 1 })],
  forward: (list, x) => [...list].reduce((value: Tensor, layer) => layer.forward(value), x),
  output: [4, 5],
  parameters: { '0.weight': [5, 5], '0.bias': [5], '1.weight': [5], '1.bias': [5] },
});

/** Rows by the name of the class. */
export const layerRows: Readonly<Record<string, LayerRow>> = {
  Dropout: dropout,
  Embedding: embedding,
  GELU: activation(() => new layers.GELU(), 'gelu'),
  LayerNorm: layerNorm,
  LearnedPositions: learnedPositions,
  Linear: linear,
  ModuleList: moduleList,
  RMSNorm: rmsNorm,
  ReLU: activation(() => new layers.ReLU(), 'relu'),
  Sequential: sequential,
  SiLU: activation(() => new layers.SiLU(), 'silu'),
  Sigmoid: activation(() => new layers.Sigmoid(), 'sigmoid'),
  SinusoidalPositions: sinusoidalPositions,
  Softmax: activation(() => new layers.Softmax(), 'softmax'),
  Tanh: activation(() => new layers.Tanh(), 'tanh'),
};
