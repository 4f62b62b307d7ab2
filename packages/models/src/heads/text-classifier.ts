// SPDX-License-Identifier: Apache-2.0
// Telling classes of texts apart: what every model that does it has in common, whatever network it stands on.

import type { Tensor } from '@nabla/core';
import { Module } from '@nabla/layers';

import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import { type LabelsConfig, classificationLoss } from '../pretrained/labels.ts';
import type { EncoderInputs } from './encoder-model.ts';

/** What a configuration has where a model tells classes apart. */
export type ClassifierConfig = PretrainedConfig & LabelsConfig;

/** A model that tells classes of texts, or of pairs of them, apart, or gives them numbers. */
export abstract class TextClassifier<Config extends ClassifierConfig = ClassifierConfig>
  extends Module
  implements PretrainedModel<Config>
{
  abstract readonly config: Config;

  /** Tokens of a text, at most. */
  abstract get context(): number;

  /** int32 `[batch, time]` → logits `[batch, labels]`. */
  abstract override forward(tokens: Tensor, inputs?: EncoderInputs): Tensor;

  /** The loss that `problem_type` says; see {@link classificationLoss} for the labels. */
  loss(tokens: Tensor, labels: Tensor, inputs: EncoderInputs = {}): Tensor {
    return classificationLoss(this.forward(tokens, inputs), labels, this.config);
  }
}

/** Whether a model tells classes of texts apart. */
export function isTextClassifier(model: PretrainedModel): model is TextClassifier {
  return model instanceof TextClassifier;
}
