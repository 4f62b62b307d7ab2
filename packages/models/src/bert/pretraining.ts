// SPDX-License-Identifier: Apache-2.0
// BERT with the heads that it was first trained with: filling gaps, and whether a text follows another.

import { type Generator, type Tensor, add } from '@nabla/core';
import { Linear, Module, crossEntropy } from '@nabla/layers';

import { IGNORED } from '../generation/causal-model.ts';
import { MaskedLanguageModel } from '../heads/masked-language-model.ts';
import { TextClassifier } from '../heads/text-classifier.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import type { BertConfig } from './config.ts';
import { BertForMaskedLM, BertLMPredictionHead } from './heads.ts';
import { type BertInputs, BertModel, bertAnchors } from './model.ts';

class BertPreTrainingHeads extends Module {
  readonly predictions: BertLMPredictionHead;
  readonly seq_relationship: Linear;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.predictions = new BertLMPredictionHead(config, generator);
    this.seq_relationship = new Linear(config.hidden_size, 2, { generator });
  }

  /** `[batch, time, features]` → `[batch, time, vocabulary]`. */
  override forward(x: Tensor, embeddings: Tensor): Tensor {
    return this.predictions.forward(x, embeddings);
  }
}

/**
 * BERT as it was first trained: it fills gaps in a pair of texts, and tells whether the second follows the first.
 *
 * @see Devlin et al. 2018, section 3.1, https://arxiv.org/abs/1810.04805
 */
export class BertForPreTraining extends MaskedLanguageModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertForMaskedLM.architecture,
    name: 'BertForPreTraining',
  };

  readonly bert: BertModel;
  readonly cls: BertPreTrainingHeads;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.bert = new BertModel(config, generator);
    this.config = this.bert.config;
    this.cls = new BertPreTrainingHeads(this.config, generator);
  }

  get encoder(): BertModel {
    return this.bert;
  }

  logits(hidden: Tensor): Tensor {
    return this.cls.forward(hidden, this.bert.embeddings.word_embeddings.weight);
  }

  /** int32 `[batch, time]` → logits `[batch, 2]`: the second text follows the first, or is any other. */
  nextSentence(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    return this.nextSentenceOf(this.bert.forward(tokens, inputs));
  }

  /**
   * Mean cost in nats of both tasks, added.
   *
   * @param labels       int32 `[batch, time]`: the token that was hidden, -100 elsewhere
   * @param nextSentence int32 `[batch]`: 0 where the second text follows the first, 1 where it does not
   */
  pretrainingLoss(tokens: Tensor, labels: Tensor, nextSentence: Tensor, inputs: BertInputs = {}): Tensor {
    const hidden = this.bert.forward(tokens, inputs); // [batch, time, features]
    const cost = crossEntropy(this.nextSentenceOf(hidden), nextSentence, { ignoreIndex: IGNORED });
    return add(this.lossOfHidden(hidden, labels), cost);
  }

  private nextSentenceOf(hidden: Tensor): Tensor {
    return this.cls.seq_relationship.forward(this.bert.pool(hidden));
  }
}

class BertOnlyNSPHead extends Module {
  readonly seq_relationship: Linear;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.seq_relationship = new Linear(config.hidden_size, 2, { generator });
  }

  /** `[batch, features]` → `[batch, 2]`. */
  override forward(x: Tensor): Tensor {
    return this.seq_relationship.forward(x);
  }
}

/** BERT that tells whether the second text of a pair follows the first, class 0, or is any other, class 1. */
export class BertForNextSentencePrediction extends TextClassifier<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertModel.architecture,
    name: 'BertForNextSentencePrediction',
    anchors: bertAnchors('bert.'),
  };

  readonly bert: BertModel;
  readonly cls: BertOnlyNSPHead;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.bert = new BertModel(config, generator);
    this.config = this.bert.config;
    this.cls = new BertOnlyNSPHead(this.config, generator);
  }

  get context(): number {
    return this.bert.context;
  }

  override forward(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    return this.cls.forward(this.bert.pool(this.bert.forward(tokens, inputs)));
  }

  /** Mean cost in nats: there are always two classes, whatever labels the configuration has. */
  override loss(tokens: Tensor, labels: Tensor, inputs: BertInputs = {}): Tensor {
    return crossEntropy(this.forward(tokens, inputs), labels, { ignoreIndex: IGNORED });
  }
}
