// SPDX-License-Identifier: Apache-2.0
// Rows of what is made of other modules: containers, and layers with a normalized weight.

import { type Generator, type Tensor, add, matMul } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

const moduleDict = layerRow<layers.ModuleDict>({
  make: (generator) =>
    new layers.ModuleDict({ first: new layers.Linear(5, 4, { generator }), last: new layers.LayerNorm(4) }),
  inputs: () => [randomTensor([3, 5], { seed: 1 })],
  forward: (dict, x) => dict.get('last').forward(dict.get('first').forward(x)),
  output: [3, 4],
  parameters: { 'first.weight': [4, 5], 'first.bias': [4], 'last.weight': [4], 'last.bias': [4] },
});

/** `weight · x + bias` of parameters that a container holds. */
function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return add(matMul(x, weight), bias);
}

const parameterList = layerRow<layers.ParameterList>({
  make: (generator) =>
    new layers.ParameterList([[5, 4], [4]].map((shape) => layers.parameter(generator.normal(shape)))),
  inputs: () => [randomTensor([3, 5], { seed: 1 })],
  forward: ({ items: [weight, bias] }, x) => affine(x, weight, bias),
  output: [3, 4],
  parameters: { '0': [5, 4], '1': [4] },
});

const parameterDict = layerRow<layers.ParameterDict>({
  make: (generator) =>
    new layers.ParameterDict({
      weight: layers.parameter(generator.normal([5, 4])),
      bias: layers.parameter(generator.normal([4])),
    }),
  inputs: () => [randomTensor([3, 5], { seed: 1 })],
  forward: (dict, x) => affine(x, dict.get('weight'), dict.get('bias')),
  output: [3, 4],
  parameters: { weight: [5, 4], bias: [4] },
});

/** The layers of the fixture by name. */
const makeLayer: Readonly<
  Record<string, (generator: Generator, inputs: number, outputs: number, kernel: number) => layers.Layer>
> = {
  Linear: (generator, inputs, outputs) => new layers.Linear(inputs, outputs, { generator }),
  Conv1d: (generator, inputs, outputs, kernel) => new layers.Conv1d(inputs, outputs, kernel, { generator }),
  Conv2d: (generator, inputs, outputs, kernel) => new layers.Conv2d(inputs, outputs, kernel, { generator }),
  ConvTranspose1d: (generator, inputs, outputs, kernel) =>
    new layers.ConvTranspose1d(inputs, outputs, kernel, { generator }),
};

const weightNorm = layerRow<layers.Layer>({
  make: (generator) => layers.weightNorm(new layers.Linear(5, 4, { generator })),
  inputs: () => [randomTensor([3, 5], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [3, 4],
  parameters: { bias: [4], weight_g: [4, 1], weight_v: [4, 5] },
  golden: golden('weight_norm').cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { layer, sizes, axis } = recorded.options;
      const [inputs, outputs, kernel = 0] = sizes;
      return layers.weightNorm(makeLayer[layer](generator, inputs, outputs, kernel), { axis });
    },
    forward: (layer, { x }) => layer.forward(x),
  })),
});

const spectralNorm = layerRow<layers.Layer>({
  make: (generator) => layers.spectralNorm(new layers.Linear(5, 4, { generator }), { generator }),
  inputs: () => [randomTensor([3, 5], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [3, 4],
  parameters: { bias: [4], weight_orig: [4, 5] },
});

/** Rows by the name of the class or function. */
export const moduleRows: Readonly<Record<string, LayerRow>> = {
  ModuleDict: moduleDict,
  ParameterDict: parameterDict,
  ParameterList: parameterList,
  spectralNorm,
  weightNorm,
};
