// SPDX-License-Identifier: Apache-2.0
// All published architectures, one line each. Of a family the first is loaded where config.json names its type alone.

import { BartForSequenceClassification } from '../bart/classifier.ts';
import { MBartForConditionalGeneration, MBartModel } from '../bart/mbart.ts';
import { BartForConditionalGeneration, BartModel } from '../bart/model.ts';
import {
  BertForMaskedLM,
  BertForQuestionAnswering,
  BertForSequenceClassification,
  BertForTokenClassification,
} from '../bert/heads.ts';
import { BertModel } from '../bert/model.ts';
import { BertForNextSentencePrediction, BertForPreTraining } from '../bert/pretraining.ts';
import { CLIPModel } from '../clip/model.ts';
import { CLIPTextModel, CLIPTextModelWithProjection } from '../clip/text.ts';
import { CLIPVisionModel, CLIPVisionModelWithProjection } from '../clip/vision.ts';
import {
  DistilBertForMaskedLM,
  DistilBertForQuestionAnswering,
  DistilBertForSequenceClassification,
  DistilBertForTokenClassification,
} from '../distilbert/heads.ts';
import { DistilBertModel } from '../distilbert/model.ts';
import { GPT2ForSequenceClassification } from '../gpt2/classifier.ts';
import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import {
  LlamaForSequenceClassification,
  MistralForSequenceClassification,
  Qwen2ForSequenceClassification,
} from '../llama/classifier.ts';
import {
  LlamaForCausalLM,
  LlamaModel,
  MistralForCausalLM,
  MistralModel,
  Qwen2ForCausalLM,
  Qwen2Model,
} from '../llama/model.ts';
import { MPNetForMaskedLM, MPNetForSequenceClassification } from '../mpnet/heads.ts';
import { MPNetModel } from '../mpnet/model.ts';
import {
  RobertaForMaskedLM,
  RobertaForQuestionAnswering,
  RobertaForSequenceClassification,
  RobertaForTokenClassification,
  XLMRobertaForMaskedLM,
  XLMRobertaForQuestionAnswering,
  XLMRobertaForSequenceClassification,
  XLMRobertaForTokenClassification,
} from '../roberta/heads.ts';
import { RobertaModel, XLMRobertaModel } from '../roberta/model.ts';
import { T5EncoderModel, T5ForConditionalGeneration } from '../t5/model.ts';
import { MT5EncoderModel, MT5ForConditionalGeneration } from '../t5/mt5.ts';
import { ViTForImageClassification, ViTModel } from '../vit/model.ts';
import type { PretrainedClass } from './architecture.ts';

export const architectures: readonly PretrainedClass[] = [
  BartForConditionalGeneration,
  BartModel,
  BartForSequenceClassification,
  MBartForConditionalGeneration,
  MBartModel,
  BertModel,
  BertForMaskedLM,
  BertForSequenceClassification,
  BertForTokenClassification,
  BertForQuestionAnswering,
  BertForPreTraining,
  BertForNextSentencePrediction,
  CLIPModel,
  CLIPTextModel,
  CLIPTextModelWithProjection,
  CLIPVisionModel,
  CLIPVisionModelWithProjection,
  DistilBertModel,
  DistilBertForMaskedLM,
  DistilBertForSequenceClassification,
  DistilBertForTokenClassification,
  DistilBertForQuestionAnswering,
  GPT2LMHeadModel,
  GPT2Model,
  GPT2ForSequenceClassification,
  LlamaForCausalLM,
  LlamaModel,
  LlamaForSequenceClassification,
  MistralForCausalLM,
  MistralModel,
  MistralForSequenceClassification,
  Qwen2ForCausalLM,
  Qwen2Model,
  Qwen2ForSequenceClassification,
  MPNetModel,
  MPNetForMaskedLM,
  MPNetForSequenceClassification,
  RobertaModel,
  RobertaForMaskedLM,
  RobertaForSequenceClassification,
  RobertaForTokenClassification,
  RobertaForQuestionAnswering,
  XLMRobertaModel,
  XLMRobertaForMaskedLM,
  XLMRobertaForSequenceClassification,
  XLMRobertaForTokenClassification,
  XLMRobertaForQuestionAnswering,
  T5ForConditionalGeneration,
  T5EncoderModel,
  MT5ForConditionalGeneration,
  MT5EncoderModel,
  ViTForImageClassification,
  ViTModel,
];
