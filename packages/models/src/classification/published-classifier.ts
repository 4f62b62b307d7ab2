// SPDX-License-Identifier: Apache-2.0
// Asking a published classifier: texts in or images in, the names of their classes out.

import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';

import { type Tensor, dispose, noGrad, scope, sigmoid, softmax, tensor2d } from '@nabla/core';
import { ImagePreprocessor, PretrainedTokenizer } from '@nabla/data';

import { BertForSequenceClassification } from '../bert/heads.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { CONFIG_FILE, type FromPretrainedOptions, fromPretrained } from '../pretrained/from-pretrained.ts';
import { type LabelsConfig, labelNames } from '../pretrained/labels.ts';
import type { Prediction } from '../training/recipe.ts';
import { ViTForImageClassification } from '../vit/model.ts';

/** Turns an input, a text or the path of an image, into logits `[1, classes]`. */
type Ask = (input: string) => Promise<Tensor>;

/**
 * A published model that tells classes apart, with what makes tensors of its inputs: a tokenizer for texts, a preprocessor for images.
 */
export class PublishedClassifier {
  readonly model: BertForSequenceClassification | ViTForImageClassification;
  readonly #ask: Ask;

  private constructor(model: BertForSequenceClassification | ViTForImageClassification, ask: Ask) {
    this.model = model;
    this.#ask = ask;
  }

  /**
   * Loads the classifier of a folder.
   *
   * @param options `storage`: how the matrices are kept in memory; default float32
   * @throws {ArgumentError} a file is missing or wrong, or the model is no classifier (code `PRETRAINED`)
   */
  static async fromFolder(
    folder: string,
    options: Pick<FromPretrainedOptions, 'storage'> = {},
  ): Promise<PublishedClassifier> {
    const model = await fromPretrained(folder, options);
    try {
      if (model instanceof BertForSequenceClassification) {
        return new PublishedClassifier(model, askText(model, await PretrainedTokenizer.fromFolder(folder)));
      }
      if (model instanceof ViTForImageClassification) {
        return new PublishedClassifier(model, askImage(model, await ImagePreprocessor.fromFolder(folder)));
      }
      const expected = 'to name a classifier, such as BertForSequenceClassification';
      const received = model.constructor.name;
      throw pretrainedError({ file: join(folder, CONFIG_FILE), field: 'architectures', expected, received });
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /**
   * The class of each input, and how likely each class is; of a model whose classes do not exclude each other, how likely each is by
   * itself.
   *
   * @param inputs texts, or paths of images
   */
  async classify(inputs: readonly string[]): Promise<Prediction[]> {
    const config: LabelsConfig = this.model.config;
    const names = labelNames(config);
    const answers: Prediction[] = [];
    for (const input of inputs) {
      const logits = await this.#ask(input);
      const excluding = config.problem_type !== 'multi_label_classification';
      const chances = scope(() => (excluding ? softmax(logits) : sigmoid(logits)).dataSync<'float32'>());
      dispose(logits);
      const classes = names.map((name, id) => ({ class: name, chance: chances[id] ?? NaN }));
      classes.sort((a, b) => b.chance - a.chance);
      answers.push({ input, prediction: classes[0]?.class, classes });
      await nextTick();
    }
    return answers;
  }

  dispose(): void {
    this.model.dispose();
  }
}

function askText(model: BertForSequenceClassification, tokenizer: PretrainedTokenizer): Ask {
  const maximumLength = model.config.max_position_embeddings;
  return (text) => {
    const { inputIds, tokenTypeIds } = tokenizer.encodeBatch([text], { maximumLength });
    const [ids = [], types = []] = [inputIds[0], tokenTypeIds[0]];
    const logits = scope(() =>
      noGrad(() => {
        const row = (values: readonly number[]): Tensor =>
          tensor2d(Int32Array.from(values), [1, values.length], 'int32');
        return model.forward(row(ids), { tokenTypeIds: row(types) });
      }),
    );
    return Promise.resolve(logits);
  };
}

function askImage(model: ViTForImageClassification, preprocessor: ImagePreprocessor): Ask {
  return async (path) => {
    const images = await preprocessor.prepareBatch([path]);
    try {
      return scope(() => noGrad(() => model.forward(images)));
    } finally {
      images.dispose();
    }
  };
}
