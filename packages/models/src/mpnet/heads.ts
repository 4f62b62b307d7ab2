// SPDX-License-Identifier: Apache-2.0
// MPNet with a head: it fills gaps, or tells classes of texts apart. The heads are RoBERTa's.

import type { Generator, Tensor } from '@nabla/core';

import type { BertConfig } from '../bert/config.ts';
import type { EncoderInputs } from '../heads/encoder-model.ts';
import { MaskedLanguageModel } from '../heads/masked-language-model.ts';
import { TextClassifier } from '../heads/text-classifier.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import {
  RobertaClassificationHead,
  RobertaForMaskedLM,
  RobertaForSequenceClassification,
  RobertaLMHead,
} from '../roberta/heads.ts';
import { MPNetModel, mpnetAnchors } from './model.ts';

const withHead = { ...MPNetModel.architecture, anchors: mpnetAnchors('mpnet.') };

/** MPNet that predicts which token stands at each place, for places whose token was hidden. */
export class MPNetForMaskedLM extends MaskedLanguageModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...RobertaForMaskedLM.architecture, // for the other names of its head
    ...withHead,
    name: 'MPNetForMaskedLM',
  };

  readonly mpnet: MPNetModel;
  readonly lm_head: RobertaLMHead;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.mpnet = new MPNetModel(config, generator, { pooler: false });
    this.config = this.mpnet.config;
    this.lm_head = new RobertaLMHead(this.config, generator);
  }

  get encoder(): MPNetModel {
    return this.mpnet;
  }

  logits(hidden: Tensor): Tensor {
    return this.lm_head.forward(hidden, this.mpnet.embeddings.word_embeddings.weight);
  }
}

/** MPNet that tells classes of texts, or of pairs of them, apart, or gives them numbers. */
export class MPNetForSequenceClassification extends TextClassifier<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    ...RobertaForSequenceClassification.architecture, // for the labels of its head
    ...withHead,
    name: 'MPNetForSequenceClassification',
  };

  readonly mpnet: MPNetModel;
  readonly classifier: RobertaClassificationHead;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator) {
    super();
    this.mpnet = new MPNetModel(config, generator, { pooler: false });
    this.config = this.mpnet.config;
    this.classifier = new RobertaClassificationHead(this.config, generator);
  }

  get context(): number {
    return this.mpnet.context;
  }

  override forward(tokens: Tensor, inputs: EncoderInputs = {}): Tensor {
    return this.classifier.forward(this.mpnet.forward(tokens, inputs));
  }
}
