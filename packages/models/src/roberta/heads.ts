// SPDX-License-Identifier: Apache-2.0
// RoBERTa with a head: it fills gaps, tells classes of texts or of tokens apart, or finds answers.

import { type Generator, type Tensor, linear, slice, squeeze, zeros } from '@nabla/core';
import { Dropout, LayerNorm, Linear, Module, type Parameter, parameter } from '@nabla/layers';

import { type BertConfig, classifierDropout } from '../bert/config.ts';
import { classifierAnchors } from '../bert/heads.ts';
import { type BertInputs, bertAnchors } from '../bert/model.ts';
import { MaskedLanguageModel } from '../heads/masked-language-model.ts';
import { QuestionAnswerer } from '../heads/question-answerer.ts';
import { TextClassifier } from '../heads/text-classifier.ts';
import { TokenClassifier } from '../heads/token-classifier.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { labelCount } from '../pretrained/labels.ts';
import { RobertaModel, asXLM } from './model.ts';

const withHead = { ...RobertaModel.architecture, anchors: bertAnchors('roberta.') };

/** From features to the vocabulary. Its matrix is that of the embeddings and only the bias its own, unless they are untied. */
export class RobertaLMHead extends Module {
  readonly dense: Linear;
  readonly layer_norm: LayerNorm;
  readonly bias: Parameter | undefined; // [vocabulary], only where it is tied
  readonly decoder: Linear | undefined; // only where it is not

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { hidden_size: features, vocab_size, layer_norm_eps: epsilon, tie_word_embeddings: tied } = config;
    this.dense = new Linear(features, features, { generator });
    this.layer_norm = new LayerNorm(features, { epsilon });
    this.bias = tied ? parameter(zeros([vocab_size])) : undefined;
    this.decoder = tied ? undefined : new Linear(features, vocab_size, { generator });
  }

  /** `[...batch, features]` → `[...batch, vocabulary]`. The activation is gelu, whatever `hidden_act` says. */
  override forward(x: Tensor, embeddings: Tensor): Tensor {
    const transformed = this.layer_norm.forward(activatedLinear(x, this.dense, 'gelu')); // [...batch, features]
    return this.decoder?.forward(transformed) ?? linear(transformed, embeddings, this.bias);
  }
}

/** RoBERTa that predicts which token stands at each place, for places whose token was hidden. */
export class RobertaForMaskedLM extends MaskedLanguageModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...withHead,
    name: 'RobertaForMaskedLM',
    aliases: () => ({ 'lm_head.bias': ['lm_head.decoder.bias'], 'lm_head.decoder.bias': ['lm_head.bias'] }),
  };

  readonly roberta: RobertaModel;
  readonly lm_head: RobertaLMHead;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.roberta = new RobertaModel(config, generator, { pooler: false });
    this.config = this.roberta.config;
    this.lm_head = new RobertaLMHead(this.config, generator);
  }

  get encoder(): RobertaModel {
    return this.roberta;
  }

  logits(hidden: Tensor): Tensor {
    return this.lm_head.forward(hidden, this.roberta.embeddings.word_embeddings.weight);
  }
}

/** `out_proj(tanh(dense(x[:, 0])))`, with dropout before each map. */
export class RobertaClassificationHead extends Module {
  readonly dense: Linear;
  readonly dropout: Dropout;
  readonly out_proj: Linear;

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { hidden_size: features } = config;
    this.dense = new Linear(features, features, { generator });
    this.dropout = new Dropout(classifierDropout(config), { generator });
    this.out_proj = new Linear(features, labelCount(config), { generator });
  }

  /** `[batch, time, features]` → `[batch, labels]`. */
  override forward(x: Tensor): Tensor {
    const [batch = 0, , features = 0] = x.shape;
    const first = squeeze(slice(x, [0, 0, 0], [batch, 1, features]), [1]); // [batch, features]
    const hidden = activatedLinear(this.dropout.forward(first), this.dense, 'tanh');
    return this.out_proj.forward(this.dropout.forward(hidden));
  }
}

/** RoBERTa that tells classes of texts, or of pairs of them, apart, or gives them numbers. */
export class RobertaForSequenceClassification extends TextClassifier<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...withHead,
    name: 'RobertaForSequenceClassification',
    headAnchors: (config) => ({ 'classifier.out_proj.weight': [labelCount(config), config.hidden_size] }),
  };

  readonly roberta: RobertaModel;
  readonly classifier: RobertaClassificationHead;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.roberta = new RobertaModel(config, generator, { pooler: false });
    this.config = this.roberta.config;
    this.classifier = new RobertaClassificationHead(this.config, generator);
  }

  get context(): number {
    return this.roberta.context;
  }

  override forward(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    return this.classifier.forward(this.roberta.forward(tokens, inputs));
  }
}

/** RoBERTa that gives each token a class. */
export class RobertaForTokenClassification extends TokenClassifier<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...withHead,
    name: 'RobertaForTokenClassification',
    headAnchors: classifierAnchors,
  };

  readonly roberta: RobertaModel;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    const roberta = new RobertaModel(config, generator, { pooler: false });
    super(roberta, classifierDropout(roberta.config), generator);
    this.roberta = roberta;
  }

  get encoder(): RobertaModel {
    return this.roberta;
  }
}

/** RoBERTa that finds the answer to a question in a text. */
export class RobertaForQuestionAnswering extends QuestionAnswerer<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = { ...withHead, name: 'RobertaForQuestionAnswering' };

  readonly roberta: RobertaModel;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    const roberta = new RobertaModel(config, generator, { pooler: false });
    super(roberta, 0, generator);
    this.roberta = roberta;
  }

  get encoder(): RobertaModel {
    return this.roberta;
  }
}

/** {@link RobertaForMaskedLM} of XLM-RoBERTa. */
export class XLMRobertaForMaskedLM extends RobertaForMaskedLM {
  static override readonly architecture = asXLM(RobertaForMaskedLM.architecture);
}

/** {@link RobertaForSequenceClassification} of XLM-RoBERTa. */
export class XLMRobertaForSequenceClassification extends RobertaForSequenceClassification {
  static override readonly architecture = asXLM(RobertaForSequenceClassification.architecture);
}

/** {@link RobertaForTokenClassification} of XLM-RoBERTa. */
export class XLMRobertaForTokenClassification extends RobertaForTokenClassification {
  static override readonly architecture = asXLM(RobertaForTokenClassification.architecture);
}

/** {@link RobertaForQuestionAnswering} of XLM-RoBERTa. */
export class XLMRobertaForQuestionAnswering extends RobertaForQuestionAnswering {
  static override readonly architecture = asXLM(RobertaForQuestionAnswering.architecture);
}
