// SPDX-License-Identifier: Apache-2.0
// Rows of what is made of other modules: containers.

import { type Tensor, add, matMul } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
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

/** Rows by the name of the class. */
export const moduleRows: Readonly<Record<string, LayerRow>> = {
  ModuleDict: moduleDict,
  ParameterDict: parameterDict,
  ParameterList: parameterList,
};
