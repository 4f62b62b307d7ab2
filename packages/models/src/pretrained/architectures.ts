// SPDX-License-Identifier: Apache-2.0
// All published architectures, one line each.

import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import {
  LlamaForCausalLM,
  LlamaModel,
  MistralForCausalLM,
  MistralModel,
  Qwen2ForCausalLM,
  Qwen2Model,
} from '../llama/model.ts';
import type { PretrainedClass } from './architecture.ts';

export const architectures: readonly PretrainedClass[] = [
  GPT2LMHeadModel,
  GPT2Model,
  LlamaForCausalLM,
  LlamaModel,
  MistralForCausalLM,
  MistralModel,
  Qwen2ForCausalLM,
  Qwen2Model,
];
