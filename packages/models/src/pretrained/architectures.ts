// SPDX-License-Identifier: Apache-2.0
// All published architectures, one line each.

import { BertForMaskedLM, BertForSequenceClassification } from '../bert/heads.ts';
import { BertModel } from '../bert/model.ts';
import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import type { PretrainedClass } from './architecture.ts';

export const architectures: readonly PretrainedClass[] = [
  BertModel,
  BertForMaskedLM,
  BertForSequenceClassification,
  GPT2LMHeadModel,
  GPT2Model,
];
