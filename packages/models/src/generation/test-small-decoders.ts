// SPDX-License-Identifier: Apache-2.0
// For tests: small decoders, one of each kind of positions and windows.

import { Generator } from '@nabla/core';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM } from '../llama/model.ts';
import type { GenerativeModel } from './decoding.ts';

export const VOCABULARY = 19;
export const SMALL_GPT2 = {
  vocab_size: VOCABULARY,
  n_positions: 300,
  n_embd: 12,
  n_layer: 2,
  n_head: 3,
  initializer_range: 0.3,
};
const rotary = {
  ...{ vocab_size: VOCABULARY, hidden_size: 16, intermediate_size: 20, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ num_key_value_heads: 2, max_position_embeddings: 300 },
};
const windows = { use_sliding_window: true, sliding_window: 7, max_window_layers: 1 };

/** Names and makers. They see 300 tokens, and their weights are large enough that choices differ. */
export const SMALL_DECODERS: [string, () => GenerativeModel][] = [
  ['GPT-2', () => new GPT2LMHeadModel(SMALL_GPT2, new Generator(1))],
  ['Llama', () => new LlamaForCausalLM(rotary, new Generator(2))],
  ['Mistral, in windows of 5', () => new MistralForCausalLM({ ...rotary, sliding_window: 5 }, new Generator(3))],
  ['Qwen2, in windows in some layers', () => new Qwen2ForCausalLM({ ...rotary, ...windows }, new Generator(4))],
];
