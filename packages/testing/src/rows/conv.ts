// SPDX-License-Identifier: Apache-2.0
// One row per convolution of @nabla/layers, with the golden values of PyTorch's functions.

import type { Generator, Tensor } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

type Layer = layers.Module & { forward(x: Tensor): Tensor };

/** A convolution of an input with two channels. */
interface ConvRow {
  readonly make: (generator: Generator) => Layer;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly weight: readonly number[];
  readonly bias: number;
  readonly golden: NonNullable<LayerRow['golden']>;
}

function conv({ make, input, output, weight, bias, golden: cases }: ConvRow): LayerRow {
  return layerRow<Layer>({
    make,
    inputs: () => [randomTensor(input, { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output,
    parameters: { weight, bias: [bias] },
    golden: cases as LayerRow<Layer>['golden'] & object,
  });
}

function convCases(
  axes: number,
  make: (inChannels: number, outChannels: number, kernel: number[], options: layers.ConvLayerOptions) => Layer,
): ConvRow['golden'] {
  const cases = golden('convolution').cases.filter(({ options }) => options.axes === axes);
  return cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { stride, padding, dilation, groups } = recorded.options;
      const [outChannels, inChannels, ...kernel] = recorded.parameters['weight'].shape;
      const bias = 'bias' in recorded.parameters;
      return make(inChannels * groups, outChannels, kernel, { stride, padding, dilation, groups, bias, generator });
    },
    forward: (layer, { x }) => (layer as Layer).forward(x),
  }));
}

function transposeCases(
  axes: number,
  make: (inChannels: number, outChannels: number, kernel: number[], options: layers.ConvTransposeLayerOptions) => Layer,
): ConvRow['golden'] {
  const cases = golden('transposed_convolution').cases.filter(({ options }) => options.axes === axes);
  return cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { stride, padding, outputPadding, dilation, groups } = recorded.options;
      const options = { stride, padding, outputPadding, dilation, groups };
      const [inChannels, groupChannels, ...kernel] = recorded.parameters['weight'].shape;
      const bias = 'bias' in recorded.parameters;
      return make(inChannels, groupChannels * options.groups, kernel, { ...options, bias, generator });
    },
    forward: (layer, { x }) => (layer as Layer).forward(x),
  }));
}

const selfAttention2d = layerRow<layers.SelfAttention2d>({
  make: (generator) => new layers.SelfAttention2d(2, 3, { generator }),
  inputs: () => [randomTensor([2, 3, 4, 2], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 3, 4, 3],
  parameters: Object.fromEntries(
    ['query_conv', 'key_conv', 'value_conv'].flatMap((name) => [
      [`${name}.weight`, [3, 2, 1, 1]],
      [`${name}.bias`, [3]],
    ]),
  ),
  golden: golden('self_attention_2d').cases.map((recorded) => ({
    recorded,
    make: (generator) =>
      new layers.SelfAttention2d(recorded.options.channels, recorded.options.features, { generator }),
    forward: (layer, { x }) => layer.forward(x),
  })),
});

/** Rows by the name of the class. */
export const convRows: Readonly<Record<string, LayerRow>> = {
  Conv1d: conv({
    make: (generator) => new layers.Conv1d(2, 3, 4, { generator }),
    input: [2, 7, 2],
    output: [2, 4, 3],
    weight: [3, 2, 4],
    bias: 3,
    golden: convCases(1, (...sizes) => new layers.Conv1d(...sizes)),
  }),
  Conv2d: conv({
    make: (generator) => new layers.Conv2d(2, 3, [3, 2], { padding: 1, activation: 'gelu', generator }),
    input: [2, 5, 4, 2],
    output: [2, 5, 5, 3],
    weight: [3, 2, 3, 2],
    bias: 3,
    golden: convCases(2, (...sizes) => new layers.Conv2d(...sizes)),
  }),
  Conv3d: conv({
    make: (generator) => new layers.Conv3d(2, 3, 2, { generator }),
    input: [1, 3, 4, 3, 2],
    output: [1, 2, 3, 2, 3],
    weight: [3, 2, 2, 2, 2],
    bias: 3,
    golden: convCases(3, (...sizes) => new layers.Conv3d(...sizes)),
  }),
  ConvTranspose1d: conv({
    make: (generator) => new layers.ConvTranspose1d(2, 3, 2, { stride: 2, generator }),
    input: [2, 4, 2],
    output: [2, 8, 3],
    weight: [2, 3, 2],
    bias: 3,
    golden: transposeCases(1, (...sizes) => new layers.ConvTranspose1d(...sizes)),
  }),
  ConvTranspose2d: conv({
    make: (generator) => new layers.ConvTranspose2d(2, 3, 3, { generator }),
    input: [2, 3, 4, 2],
    output: [2, 5, 6, 3],
    weight: [2, 3, 3, 3],
    bias: 3,
    golden: transposeCases(2, (...sizes) => new layers.ConvTranspose2d(...sizes)),
  }),
  SelfAttention2d: selfAttention2d,
};
