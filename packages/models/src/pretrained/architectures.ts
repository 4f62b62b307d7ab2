// SPDX-License-Identifier: Apache-2.0
// All published architectures, one line each.

import { BartForConditionalGeneration, BartModel } from '../bart/model.ts';
import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import { T5EncoderModel, T5ForConditionalGeneration } from '../t5/model.ts';
import type { PretrainedClass } from './architecture.ts';

export const architectures: readonly PretrainedClass[] = [
  BartForConditionalGeneration,
  BartModel,
  GPT2LMHeadModel,
  GPT2Model,
  T5ForConditionalGeneration,
  T5EncoderModel,
];
