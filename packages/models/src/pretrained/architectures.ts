// SPDX-License-Identifier: Apache-2.0
// All published architectures, one line each. Of a family the first is loaded where config.json names its type alone.

import { BartForConditionalGeneration, BartModel } from '../bart/model.ts';
import { BertForMaskedLM, BertForSequenceClassification } from '../bert/heads.ts';
import { BertModel } from '../bert/model.ts';
import { CLIPModel } from '../clip/model.ts';
import { CLIPTextModel, CLIPTextModelWithProjection } from '../clip/text.ts';
import { CLIPVisionModel, CLIPVisionModelWithProjection } from '../clip/vision.ts';
import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import {
  LlamaForCausalLM,
  LlamaModel,
  MistralForCausalLM,
  MistralModel,
  Qwen2ForCausalLM,
  Qwen2Model,
} from '../llama/model.ts';
import { T5EncoderModel, T5ForConditionalGeneration } from '../t5/model.ts';
import { ViTForImageClassification, ViTModel } from '../vit/model.ts';
import type { PretrainedClass } from './architecture.ts';

export const architectures: readonly PretrainedClass[] = [
  BartForConditionalGeneration,
  BartModel,
  BertModel,
  BertForMaskedLM,
  BertForSequenceClassification,
  CLIPModel,
  CLIPTextModel,
  CLIPTextModelWithProjection,
  CLIPVisionModel,
  CLIPVisionModelWithProjection,
  GPT2LMHeadModel,
  GPT2Model,
  LlamaForCausalLM,
  LlamaModel,
  MistralForCausalLM,
  MistralModel,
  Qwen2ForCausalLM,
  Qwen2Model,
  T5ForConditionalGeneration,
  T5EncoderModel,
  ViTForImageClassification,
  ViTModel,
];
