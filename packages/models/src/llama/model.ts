// SPDX-License-Identifier: Apache-2.0
// Llama, Mistral and Qwen2: what each makes of its configuration.

import type { Generator } from '@nabla/core';
import type { z } from 'zod';

import type { Architecture } from '../pretrained/architecture.ts';
import {
  type DecoderConfig,
  type LlamaConfig,
  type MistralConfig,
  type Qwen2Config,
  headSizeOf,
  keyHeadsOf,
  llamaSchema,
  mistralSchema,
  qwen2Schema,
} from './config.ts';
import { RotaryDecoder, RotaryDecoderForCausalLM } from './network.ts';

/**
 * Llama without a head.
 *
 * @see Touvron et al. 2023, https://arxiv.org/abs/2302.13971
 * @example
 * const sizes = { hidden_size: 8, intermediate_size: 12, num_hidden_layers: 1, num_attention_heads: 2 };
 * const model = new LlamaModel({ ...sizes, vocab_size: 9, num_key_value_heads: 1 }, new Generator(1));
 * model.forward(tensor2d([[1, 2, 3]], [1, 3], 'int32')).shape; // [1, 3, 8]
 */
export class LlamaModel extends RotaryDecoder<LlamaConfig> {
  static readonly architecture = headless('LlamaModel', 'llama', llamaSchema);

  constructor(config: Partial<LlamaConfig>, generator: Generator) {
    const whole = llamaSchema.parse(config);
    const { attention_bias, mlp_bias } = whole;
    const biases = { queryKeyValue: attention_bias, output: attention_bias, mlp: mlp_bias };
    super(whole, { biases, window: () => Infinity }, generator);
  }
}

/** Llama that predicts the next token. */
export class LlamaForCausalLM extends RotaryDecoderForCausalLM<LlamaConfig> {
  static readonly architecture = withHead(LlamaModel.architecture, 'LlamaForCausalLM');

  constructor(config: Partial<LlamaConfig>, generator: Generator) {
    super(new LlamaModel(config, generator), generator);
  }
}

/**
 * Mistral without a head: Llama whose tokens see a window of those before them.
 *
 * @see Jiang et al. 2023, https://arxiv.org/abs/2310.06825
 */
export class MistralModel extends RotaryDecoder<MistralConfig> {
  static readonly architecture = headless('MistralModel', 'mistral', mistralSchema);

  constructor(config: Partial<MistralConfig>, generator: Generator) {
    const whole = mistralSchema.parse(config);
    super(whole, { biases: {}, window: () => whole.sliding_window ?? Infinity }, generator);
  }
}

/** Mistral that predicts the next token. */
export class MistralForCausalLM extends RotaryDecoderForCausalLM<MistralConfig> {
  static readonly architecture = withHead(MistralModel.architecture, 'MistralForCausalLM');

  constructor(config: Partial<MistralConfig>, generator: Generator) {
    super(new MistralModel(config, generator), generator);
  }
}

/**
 * Qwen2 without a head: Llama with biases of queries, keys and values, and windows in the layers that the configuration says.
 *
 * @see Yang et al. 2024, https://arxiv.org/abs/2407.10671
 */
export class Qwen2Model extends RotaryDecoder<Qwen2Config> {
  static readonly architecture = headless('Qwen2Model', 'qwen2', qwen2Schema);

  constructor(config: Partial<Qwen2Config>, generator: Generator) {
    const whole = qwen2Schema.parse(config);
    super(whole, { biases: { queryKeyValue: true }, window: (layer) => qwen2Window(whole, layer) }, generator);
  }
}

/** Qwen2 that predicts the next token. */
export class Qwen2ForCausalLM extends RotaryDecoderForCausalLM<Qwen2Config> {
  static readonly architecture = withHead(Qwen2Model.architecture, 'Qwen2ForCausalLM');

  constructor(config: Partial<Qwen2Config>, generator: Generator) {
    super(new Qwen2Model(config, generator), generator);
  }
}

function qwen2Window(config: Qwen2Config, layer: number): number {
  const { use_sliding_window, sliding_window, max_window_layers, layer_types } = config;
  if (!use_sliding_window || sliding_window === null) return Infinity;
  const isSliding = layer_types?.[layer] === 'sliding_attention' || (!layer_types && layer >= max_window_layers);
  return isSliding ? sliding_window : Infinity;
}

function headless<Config extends DecoderConfig>(
  name: string,
  modelType: string,
  schema: z.ZodType<Config>,
): Architecture<Config> {
  return { name, modelType, schema, prefix: 'model', anchors: (config) => anchors(config, '') };
}

/** The architecture of a model that has the headless one under `model.`, and a head beside it. */
export function withHead<Config extends DecoderConfig>(
  inner: Architecture<Config>,
  name: string,
): Architecture<Config> {
  return { ...inner, name, anchors: (config) => anchors(config, 'model.') };
}

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
function anchors(config: DecoderConfig, prefix: string): Record<string, number[]> {
  const { vocab_size, hidden_size: features, intermediate_size: inner, num_hidden_layers: layers } = config;
  const headSize = headSizeOf(config);
  const last = `${prefix}layers.${layers - 1}`;
  return {
    [`${prefix}embed_tokens.weight`]: [vocab_size, features],
    [`${last}.self_attn.q_proj.weight`]: [config.num_attention_heads * headSize, features],
    [`${last}.self_attn.k_proj.weight`]: [keyHeadsOf(config) * headSize, features],
    [`${last}.mlp.gate_proj.weight`]: [inner, features],
  };
}
