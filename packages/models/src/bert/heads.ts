// SPDX-License-Identifier: Apache-2.0
// BERT with a head: it fills gaps, or tells classes apart.

import { type Generator, type Tensor, gather, linear, reshape, tensor1d, zeros } from '@nabla/core';
import { Dropout, LayerNorm, Linear, Module, type Parameter, crossEntropy, parameter } from '@nabla/layers';

import { IGNORED } from '../generation/causal-model.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { classificationLoss, labelCount } from '../pretrained/labels.ts';
import type { BertConfig } from './config.ts';
import { type BertInputs, BertModel, bertAnchors } from './model.ts';

class BertPredictionHeadTransform extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly config: BertConfig;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.dense = new Linear(config.hidden_size, config.hidden_size, { generator });
    this.LayerNorm = new LayerNorm(config.hidden_size, { epsilon: config.layer_norm_eps });
    this.config = config;
  }

  /** `[...batch, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.LayerNorm.forward(activatedLinear(x, this.dense, this.config.hidden_act));
  }
}

/** From features to the vocabulary. Its matrix is that of the embeddings and only the bias its own, unless they are untied. */
class BertLMPredictionHead extends Module {
  readonly transform: BertPredictionHeadTransform;
  readonly bias: Parameter | undefined; // [vocabulary], only where it is tied
  readonly decoder: Linear | undefined; // only where it is not

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { hidden_size, vocab_size, tie_word_embeddings: tied } = config;
    this.transform = new BertPredictionHeadTransform(config, generator);
    this.bias = tied ? parameter(zeros([vocab_size])) : undefined;
    this.decoder = tied ? undefined : new Linear(hidden_size, vocab_size, { generator });
  }

  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  override forward(x: Tensor, embeddings: Tensor): Tensor {
    const transformed = this.transform.forward(x); // [...batch, features]
    return this.decoder?.forward(transformed) ?? linear(transformed, embeddings, this.bias);
  }
}

class BertOnlyMLMHead extends Module {
  readonly predictions: BertLMPredictionHead;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.predictions = new BertLMPredictionHead(config, generator);
  }

  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  override forward(x: Tensor, embeddings: Tensor): Tensor {
    return this.predictions.forward(x, embeddings);
  }
}

/**
 * BERT that predicts which token stands at each place, for places whose token was hidden.
 *
 * @see Devlin et al. 2018, section 3.1, https://arxiv.org/abs/1810.04805
 */
export class BertForMaskedLM extends Module implements PretrainedModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertModel.architecture,
    name: 'BertForMaskedLM',
    anchors: bertAnchors('bert.'),
    aliases: () => ({ 'cls.predictions.decoder.bias': ['cls.predictions.bias'] }), // so transformers 4 saved untied ones
  };

  readonly bert: BertModel;
  readonly cls: BertOnlyMLMHead;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.bert = new BertModel(config, generator, { pooler: false });
    this.config = this.bert.config;
    this.cls = new BertOnlyMLMHead(this.config, generator);
  }

  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  logits(hidden: Tensor): Tensor {
    return this.cls.forward(hidden, this.bert.embeddings.word_embeddings.weight);
  }

  /** int32 `[batch, time]` → logits `[batch, time, vocabulary]`. */
  override forward(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    return this.logits(this.bert.forward(tokens, inputs));
  }

  /** See {@link BertModel.hiddenStates}. */
  hiddenStates(tokens: Tensor, inputs: BertInputs = {}): Tensor[] {
    return this.bert.hiddenStates(tokens, inputs);
  }

  /**
   * Mean cost in nats of predicting the labels. Those of -100 do not count, and nothing is predicted where they are: most places
   * are not hidden.
   *
   * @param labels int32 `[batch, time]`: the token that was hidden, -100 elsewhere
   */
  loss(tokens: Tensor, labels: Tensor, inputs: BertInputs = {}): Tensor {
    const hidden = this.bert.forward(tokens, inputs); // [batch, time, features]
    const wanted = Array.from(labels.dataSync().entries()).filter(([, label]) => label !== IGNORED);
    const places = tensor1d(wanted.map(([place]) => place), 'int32'); // prettier-ignore
    const rows = gather(reshape(hidden, [-1, this.config.hidden_size]), places); // [places, features]
    return crossEntropy(this.logits(rows), tensor1d(wanted.map(([, label]) => label), 'int32')); // prettier-ignore
  }
}

/** BERT that tells classes of texts, or of pairs of them, apart, or gives them numbers. */
export class BertForSequenceClassification extends Module implements PretrainedModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertModel.architecture,
    name: 'BertForSequenceClassification',
    anchors: bertAnchors('bert.'),
    headAnchors: (config) => ({ 'classifier.weight': [labelCount(config), config.hidden_size] }),
  };

  readonly bert: BertModel;
  readonly dropout: Dropout;
  readonly classifier: Linear;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.bert = new BertModel(config, generator);
    this.config = this.bert.config;
    const { hidden_size, hidden_dropout_prob, classifier_dropout } = this.config;
    this.dropout = new Dropout(classifier_dropout ?? hidden_dropout_prob, { generator });
    this.classifier = new Linear(hidden_size, labelCount(this.config), { generator });
  }

  /** int32 `[batch, time]` → logits `[batch, labels]`. */
  override forward(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    const pooled = this.bert.pool(this.bert.forward(tokens, inputs)); // [batch, features]
    return this.classifier.forward(this.dropout.forward(pooled));
  }

  /** See {@link BertModel.hiddenStates}. */
  hiddenStates(tokens: Tensor, inputs: BertInputs = {}): Tensor[] {
    return this.bert.hiddenStates(tokens, inputs);
  }

  /** The loss that `problem_type` says; see {@link classificationLoss} for the labels. */
  loss(tokens: Tensor, labels: Tensor, inputs: BertInputs = {}): Tensor {
    return classificationLoss(this.forward(tokens, inputs), labels, this.config);
  }
}
