// SPDX-License-Identifier: Apache-2.0
// BERT with a head: it fills gaps, tells classes of texts or of tokens apart, or finds answers.

import { type Generator, type Tensor, linear, zeros } from '@nabla/core';
import { Dropout, LayerNorm, Linear, Module, type Parameter, parameter } from '@nabla/layers';

import { MaskedLanguageModel } from '../heads/masked-language-model.ts';
import { QuestionAnswerer } from '../heads/question-answerer.ts';
import { TextClassifier } from '../heads/text-classifier.ts';
import { TokenClassifier } from '../heads/token-classifier.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import { type BertConfig, classifierDropout } from './config.ts';
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
export class BertLMPredictionHead extends Module {
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
export class BertForMaskedLM extends MaskedLanguageModel<BertConfig> {
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

  get encoder(): BertModel {
    return this.bert;
  }

  logits(hidden: Tensor): Tensor {
    return this.cls.forward(hidden, this.bert.embeddings.word_embeddings.weight);
  }
}

/** BERT that tells classes of texts, or of pairs of them, apart, or gives them numbers. */
export class BertForSequenceClassification extends TextClassifier<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertModel.architecture,
    name: 'BertForSequenceClassification',
    anchors: bertAnchors('bert.'),
    headAnchors: classifierAnchors,
  };

  readonly bert: BertModel;
  readonly dropout: Dropout;
  readonly classifier: Linear;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.bert = new BertModel(config, generator);
    this.config = this.bert.config;
    this.dropout = new Dropout(classifierDropout(this.config), { generator });
    this.classifier = new Linear(this.config.hidden_size, labelCount(this.config), { generator });
  }

  get context(): number {
    return this.bert.context;
  }

  override forward(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    const pooled = this.bert.pool(this.bert.forward(tokens, inputs)); // [batch, features]
    return this.classifier.forward(this.dropout.forward(pooled));
  }

  /** See {@link BertModel.hiddenStates}. */
  hiddenStates(tokens: Tensor, inputs: BertInputs = {}): Tensor[] {
    return this.bert.hiddenStates(tokens, inputs);
  }
}

/** BERT that gives each token a class, such as the kind of a name that it is part of. */
export class BertForTokenClassification extends TokenClassifier<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertModel.architecture,
    name: 'BertForTokenClassification',
    anchors: bertAnchors('bert.'),
    headAnchors: classifierAnchors,
  };

  readonly bert: BertModel;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    const bert = new BertModel(config, generator, { pooler: false });
    super(bert, classifierDropout(bert.config), generator);
    this.bert = bert;
  }

  get encoder(): BertModel {
    return this.bert;
  }
}

/** BERT that finds the answer to a question in a text. */
export class BertForQuestionAnswering extends QuestionAnswerer<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...BertModel.architecture,
    name: 'BertForQuestionAnswering',
    anchors: bertAnchors('bert.'),
  };

  readonly bert: BertModel;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    const bert = new BertModel(config, generator, { pooler: false });
    super(bert, 0, generator);
    this.bert = bert;
  }

  get encoder(): BertModel {
    return this.bert;
  }
}

/** The tensor that fixes the labels of a classifier; see {@link Architecture.headAnchors}. */
export function classifierAnchors(config: BertConfig): Record<string, number[]> {
  return { 'classifier.weight': [labelCount(config), config.hidden_size] };
}
