// SPDX-License-Identifier: Apache-2.0
// DistilBERT with a head: it fills gaps, tells classes of texts or of tokens apart, or finds answers.

import { type Generator, type Tensor, linear, slice, squeeze, zeros } from '@nabla/core';
import { Dropout, LayerNorm, Linear, Module, type Parameter, parameter } from '@nabla/layers';

import type { EncoderInputs } from '../heads/encoder-model.ts';
import { MaskedLanguageModel } from '../heads/masked-language-model.ts';
import { QuestionAnswerer } from '../heads/question-answerer.ts';
import { TextClassifier } from '../heads/text-classifier.ts';
import { TokenClassifier } from '../heads/token-classifier.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import type { DistilBertConfig } from './config.ts';
import { DistilBertModel, EPSILON, distilBertAnchors } from './model.ts';

const withHead = { ...DistilBertModel.architecture, anchors: distilBertAnchors('distilbert.') };

function classifierAnchors(config: DistilBertConfig): Record<string, number[]> {
  return { 'classifier.weight': [labelCount(config), config.dim] };
}

/** To the vocabulary by the matrix of the embeddings: only the bias is its own. */
class TiedProjector extends Module {
  readonly bias: Parameter;

  constructor(vocabulary: number) {
    super();
    this.bias = parameter(zeros([vocabulary]));
  }

  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  override forward(x: Tensor, embeddings: Tensor): Tensor {
    return linear(x, embeddings, this.bias);
  }
}

/** DistilBERT that predicts which token stands at each place, for places whose token was hidden. */
export class DistilBertForMaskedLM extends MaskedLanguageModel<DistilBertConfig> {
  static readonly architecture: Architecture<DistilBertConfig> = { ...withHead, name: 'DistilBertForMaskedLM' };

  readonly distilbert: DistilBertModel;
  readonly vocab_transform: Linear;
  readonly vocab_layer_norm: LayerNorm;
  readonly vocab_projector: TiedProjector | Linear; // a map of its own only where it is not tied
  readonly config: DistilBertConfig;

  constructor(config: Partial<DistilBertConfig>, generator: Generator) {
    super();
    this.distilbert = new DistilBertModel(config, generator);
    this.config = this.distilbert.config;
    const { dim, vocab_size, tie_word_embeddings: tied } = this.config;
    this.vocab_transform = new Linear(dim, dim, { generator });
    this.vocab_layer_norm = new LayerNorm(dim, { epsilon: EPSILON });
    this.vocab_projector = tied ? new TiedProjector(vocab_size) : new Linear(dim, vocab_size, { generator });
  }

  get encoder(): DistilBertModel {
    return this.distilbert;
  }

  logits(hidden: Tensor): Tensor {
    const activated = activatedLinear(hidden, this.vocab_transform, this.config.activation);
    return this.vocab_projector.forward(
      this.vocab_layer_norm.forward(activated), // [...batch, features]
      this.distilbert.embeddings.word_embeddings.weight,
    );
  }
}

/** DistilBERT that tells classes of texts, or of pairs of them, apart: `classifier(relu(pre_classifier(x[:, 0])))`. */
export class DistilBertForSequenceClassification extends TextClassifier<DistilBertConfig> {
  static readonly architecture: Architecture<DistilBertConfig> = {
    ...withHead,
    name: 'DistilBertForSequenceClassification',
    headAnchors: classifierAnchors,
  };

  readonly distilbert: DistilBertModel;
  readonly pre_classifier: Linear;
  readonly dropout: Dropout;
  readonly classifier: Linear;
  readonly config: DistilBertConfig;

  constructor(config: Partial<DistilBertConfig>, generator: Generator) {
    super();
    this.distilbert = new DistilBertModel(config, generator);
    this.config = this.distilbert.config;
    const { dim, seq_classif_dropout } = this.config;
    this.pre_classifier = new Linear(dim, dim, { generator });
    this.dropout = new Dropout(seq_classif_dropout, { generator });
    this.classifier = new Linear(dim, labelCount(this.config), { generator });
  }

  get context(): number {
    return this.distilbert.context;
  }

  override forward(tokens: Tensor, inputs: EncoderInputs = {}): Tensor {
    const hidden = this.distilbert.forward(tokens, inputs); // [batch, time, features]
    const [batch = 0, , features = 0] = hidden.shape;
    const first = squeeze(slice(hidden, [0, 0, 0], [batch, 1, features]), [1]); // [batch, features]
    return this.classifier.forward(this.dropout.forward(activatedLinear(first, this.pre_classifier, 'relu')));
  }
}

/** DistilBERT that gives each token a class. */
export class DistilBertForTokenClassification extends TokenClassifier<DistilBertConfig> {
  static readonly architecture: Architecture<DistilBertConfig> = {
    ...withHead,
    name: 'DistilBertForTokenClassification',
    headAnchors: classifierAnchors,
  };

  readonly distilbert: DistilBertModel;

  constructor(config: Partial<DistilBertConfig>, generator: Generator) {
    const distilbert = new DistilBertModel(config, generator);
    super(distilbert, distilbert.config.dropout, generator);
    this.distilbert = distilbert;
  }

  get encoder(): DistilBertModel {
    return this.distilbert;
  }
}

/** DistilBERT that finds the answer to a question in a text. */
export class DistilBertForQuestionAnswering extends QuestionAnswerer<DistilBertConfig> {
  static readonly architecture: Architecture<DistilBertConfig> = {
    ...withHead,
    name: 'DistilBertForQuestionAnswering',
  };

  readonly distilbert: DistilBertModel;

  constructor(config: Partial<DistilBertConfig>, generator: Generator) {
    const distilbert = new DistilBertModel(config, generator);
    super(distilbert, distilbert.config.qa_dropout, generator);
    this.distilbert = distilbert;
  }

  get encoder(): DistilBertModel {
    return this.distilbert;
  }
}
