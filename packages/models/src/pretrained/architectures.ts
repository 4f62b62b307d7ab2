// SPDX-License-Identifier: Apache-2.0
// All published architectures, one line each.

import { CLIPModel } from '../clip/model.ts';
import { CLIPTextModel, CLIPTextModelWithProjection } from '../clip/text.ts';
import { CLIPVisionModel, CLIPVisionModelWithProjection } from '../clip/vision.ts';
import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import { ViTForImageClassification, ViTModel } from '../vit/model.ts';
import type { PretrainedClass } from './architecture.ts';

export const architectures: readonly PretrainedClass[] = [
  CLIPModel,
  CLIPTextModel,
  CLIPTextModelWithProjection,
  CLIPVisionModel,
  CLIPVisionModelWithProjection,
  GPT2LMHeadModel,
  GPT2Model,
  ViTForImageClassification,
  ViTModel,
];
