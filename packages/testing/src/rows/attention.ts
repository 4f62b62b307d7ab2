// SPDX-License-Identifier: Apache-2.0
// Rows of attention, of the layers of transformers, and of rotary positions.

import { concat, reshape, transpose } from '@nabla/core';
import * as layers from '@nabla/layers';
import type { Tensors } from '../check-golden.ts';
import { type GoldenLayer, type LayerRow, layerRow } from '../check-layer.ts';
import { type Fixtures, golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

const multiHeadAttention = layerRow<layers.MultiHeadAttention>({
  make: (generator) => new layers.MultiHeadAttention(6, 2, { generator, dropout: 0.2 }),
  inputs: () => [3, 5, 5].map((time, i) => randomTensor([2, time, 6], { seed: i })),
  forward: (layer, query, key, value) => layer.forward(query, key, value),
  output: [2, 3, 6],
  parameters: { in_proj_weight: [18, 6], in_proj_bias: [18], 'out_proj.weight': [6, 6], 'out_proj.bias': [6] },
  randomInTraining: true,
  golden: golden('multi_head_attention').cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { features, heads, bias = true, keySize = features, valueSize = features } = recorded.options;
      return new layers.MultiHeadAttention(features, heads, { generator, bias, keySize, valueSize });
    },
    forward: (layer, { x, query = x, key = x, value = x, ...rest }) => {
      const { causal, weights: appended } = recorded.options;
      if (appended === undefined) return layer.forward(query, key, value, masks(rest, causal));
      const options = { ...masks(rest, causal), perHead: appended === 'perHead' };
      const { output, weights } = layer.forwardWithWeights(query, key, value, options);
      if (appended === 'mean') return concat([output, weights], -1);
      const [batch = 0, queryTime = 0] = output.shape; // each head's weights side by side
      return concat([output, reshape(transpose(weights, [0, 2, 1, 3]), [batch, queryTime, -1])], -1);
    },
  })),
});

/** The parameters of an attention and of what stands around it, under the name of their owner. */
const attentionParameters = (name: string): Record<string, number[]> => ({
  [`${name}.in_proj_weight`]: [18, 6],
  [`${name}.in_proj_bias`]: [18],
  [`${name}.out_proj.weight`]: [6, 6],
  [`${name}.out_proj.bias`]: [6],
});
const networkParameters = {
  'linear1.weight': [9, 6],
  'linear1.bias': [9],
  'linear2.weight': [6, 9],
  'linear2.bias': [6],
};
const normParameters = (...names: string[]): Record<string, number[]> =>
  Object.fromEntries(names.flatMap((name) => [[`${name}.weight`, [6]], [`${name}.bias`, [6]]])); // prettier-ignore
const inLayer = (name: string, parameters: Record<string, number[]>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(parameters).map(([inner, shape]) => [`${name}.${inner}`, shape]));

const encoderLayerParameters = {
  ...attentionParameters('self_attn'),
  ...networkParameters,
  ...normParameters('norm1', 'norm2'),
};
const decoderLayerParameters = {
  ...attentionParameters('self_attn'),
  ...attentionParameters('multihead_attn'),
  ...networkParameters,
  ...normParameters('norm1', 'norm2', 'norm3'),
};

const source = (): ReturnType<typeof randomTensor> => randomTensor([2, 4, 6], { seed: 1 });
const target = (): ReturnType<typeof randomTensor> => randomTensor([2, 3, 6], { seed: 2 });

const transformerEncoderLayer = layerRow<layers.TransformerEncoderLayer>({
  make: (generator) => new layers.TransformerEncoderLayer(6, 2, { generator, feedForward: 9 }),
  inputs: () => [source()],
  forward: (layer, x) => layer.forward(x),
  output: [2, 4, 6],
  parameters: encoderLayerParameters,
  randomInTraining: true,
  golden: golden('transformer_encoder_layer').cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { features, heads, hidden, activation, normFirst } = recorded.options;
      return new layers.TransformerEncoderLayer(features, heads, {
        generator,
        feedForward: hidden,
        activation,
        normFirst,
      });
    },
    forward: (layer, { x, ...rest }) => layer.forward(x, masks(rest, recorded.options.causal)),
  })),
});

type Options = Fixtures['transformer']['options'];
type MakeOptions = layers.TransformerLayerOptions;

/** The cases of one layer of the fixture; `make` gets the options of a layer. */
function transformerCases<Layer extends layers.Module>(
  name: Options['layer'],
  make: (options: Options, layerOptions: MakeOptions) => Layer,
  forward: (layer: Layer, inputs: Tensors, causal: boolean) => ReturnType<GoldenLayer['forward']>,
): GoldenLayer<Layer>[] {
  return golden('transformer')
    .cases.filter(({ options: { layer } }) => layer === name)
    .map((recorded) => ({
      recorded,
      make: (generator) => {
        const { hidden: feedForward, activation, normFirst } = recorded.options;
        return make(recorded.options, { generator, feedForward, activation, normFirst });
      },
      forward: (layer, inputs) => forward(layer, inputs, recorded.options.causal),
    }));
}

/** A norm at the end, which the recorded stacks have where their layers are pre-norm. */
const finalNorm = ({ normFirst, features }: Options): layers.TransformerStackOptions =>
  normFirst ? { norm: new layers.LayerNorm(features) } : {};

const decoderMasks = ({ source_padding, memory_mask }: Tensors, causal: boolean): layers.DecoderMasks => ({
  target: { causal },
  memory: { keyPaddingMask: source_padding, attentionMask: memory_mask },
});

const transformerDecoderLayer = layerRow<layers.TransformerDecoderLayer>({
  make: (generator) => new layers.TransformerDecoderLayer(6, 2, { generator, feedForward: 9 }),
  inputs: () => [target(), source()],
  forward: (layer, x, memory) => layer.forward(x, memory),
  output: [2, 3, 6],
  parameters: decoderLayerParameters,
  randomInTraining: true,
  golden: transformerCases(
    'TransformerDecoderLayer',
    ({ features, heads }, options) => new layers.TransformerDecoderLayer(features, heads, options),
    (layer, inputs, causal) => layer.forward(inputs['target'], inputs['memory'], decoderMasks(inputs, causal)),
  ),
});

const transformerEncoder = layerRow<layers.TransformerEncoder>({
  make: (generator) => {
    const makeLayer = (): layers.TransformerEncoderLayer =>
      new layers.TransformerEncoderLayer(6, 2, { generator, feedForward: 9 });
    return new layers.TransformerEncoder(makeLayer, 2, { norm: new layers.LayerNorm(6) });
  },
  inputs: () => [source()],
  forward: (layer, x) => layer.forward(x),
  output: [2, 4, 6],
  parameters: {
    ...inLayer('layers.0', encoderLayerParameters),
    ...inLayer('layers.1', encoderLayerParameters),
    ...normParameters('norm'),
  },
  randomInTraining: true,
  golden: transformerCases(
    'TransformerEncoder',
    (options, layerOptions) => {
      const makeLayer = (): layers.TransformerEncoderLayer =>
        new layers.TransformerEncoderLayer(options.features, options.heads, layerOptions);
      return new layers.TransformerEncoder(makeLayer, options.layers, finalNorm(options));
    },
    (layer, inputs, causal) => layer.forward(inputs['source'], { causal, keyPaddingMask: inputs['source_padding'] }),
  ),
});

const transformerDecoder = layerRow<layers.TransformerDecoder>({
  make: (generator) => {
    const makeLayer = (): layers.TransformerDecoderLayer =>
      new layers.TransformerDecoderLayer(6, 2, { generator, feedForward: 9 });
    return new layers.TransformerDecoder(makeLayer, 1, { norm: new layers.LayerNorm(6) });
  },
  inputs: () => [target(), source()],
  forward: (layer, x, memory) => layer.forward(x, memory),
  output: [2, 3, 6],
  parameters: { ...inLayer('layers.0', decoderLayerParameters), ...normParameters('norm') },
  randomInTraining: true,
  golden: transformerCases(
    'TransformerDecoder',
    (options, layerOptions) => {
      const makeLayer = (): layers.TransformerDecoderLayer =>
        new layers.TransformerDecoderLayer(options.features, options.heads, layerOptions);
      return new layers.TransformerDecoder(makeLayer, options.layers, finalNorm(options));
    },
    (layer, inputs, causal) => layer.forward(inputs['target'], inputs['memory'], decoderMasks(inputs, causal)),
  ),
});

const transformer = layerRow<layers.Transformer>({
  make: (generator) => new layers.Transformer(6, 2, { generator, feedForward: 9, encoderLayers: 1, decoderLayers: 1 }),
  inputs: () => [source(), target()],
  forward: (layer, ...inputs) => layer.forward(inputs[0], inputs[1]),
  output: [2, 3, 6],
  parameters: {
    ...inLayer('encoder.layers.0', encoderLayerParameters),
    ...inLayer('encoder', normParameters('norm')),
    ...inLayer('decoder.layers.0', decoderLayerParameters),
    ...inLayer('decoder', normParameters('norm')),
  },
  randomInTraining: true,
  golden: transformerCases(
    'Transformer',
    ({ features, heads, layers: count }, options) =>
      new layers.Transformer(features, heads, { ...options, encoderLayers: count, decoderLayers: count }),
    (layer, inputs, causal) =>
      layer.forward(inputs['source'], inputs['target'], {
        source: { keyPaddingMask: inputs['source_padding'] },
        ...decoderMasks(inputs, causal),
      }),
  ),
});

const rotaryEmbedding = layerRow<layers.RotaryEmbedding>({
  make: () => new layers.RotaryEmbedding(9, 6),
  inputs: () => [randomTensor([2, 3, 4, 6], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 3, 4, 6],
  parameters: {},
  golden: golden('rotary_embedding').cases.map((recorded) => {
    const { offset, base, pairs } = recorded.options;
    return {
      recorded,
      make: () => {
        const [time, size] = recorded.inputs['x'].shape.slice(-2);
        return new layers.RotaryEmbedding(offset + time, size, { base, pairs });
      },
      forward: (layer, { x }) => layer.forward(x, { offset }),
    };
  }),
});

/** The masks of a recorded case; PyTorch's padding mask and ours are both true where a key is padding. */
function masks(
  { key_padding_mask: keyPaddingMask, attn_mask: attentionMask }: Tensors,
  causal: boolean,
): layers.AttentionMasks {
  return { causal, keyPaddingMask, attentionMask };
}

/** Rows by the name of the class. */
export const attentionRows: Readonly<Record<string, LayerRow>> = {
  MultiHeadAttention: multiHeadAttention,
  RotaryEmbedding: rotaryEmbedding,
  Transformer: transformer,
  TransformerDecoder: transformerDecoder,
  TransformerDecoderLayer: transformerDecoderLayer,
  TransformerEncoder: transformerEncoder,
  TransformerEncoderLayer: transformerEncoderLayer,
};
