// SPDX-License-Identifier: Apache-2.0
// Asking a published classifier: texts in or images in, the names of their classes out.

import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';

import {
  ArgumentError,
  type Tensor,
  checkOptions,
  dispose,
  noGrad,
  scope,
  sigmoid,
  softmax,
  tensor2d,
} from '@nabla/core';
import { ImagePreprocessor, PretrainedTokenizer } from '@nabla/data';

import { type TextClassifier, isTextClassifier } from '../heads/text-classifier.ts';
import { type HubProgress, resolvePretrained } from '../hub/resolve-pretrained.ts';
import { checkVocabulary } from '../pretrained/check-vocabulary.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { CONFIG_FILE, fromPretrained } from '../pretrained/from-pretrained.ts';
import { type LabelsConfig, labelCount, labelNames } from '../pretrained/labels.ts';
import type { WeightStorage } from '../pretrained/storage.ts';
import type { Prediction } from '../training/recipe.ts';
import { ViTForImageClassification } from '../vit/model.ts';
import { rankClasses } from './rank-classes.ts';

/** Turns an input, a text or the path of an image, into logits `[1, classes]`. */
type Ask = (input: string) => Promise<Tensor>;

export interface PublishedClassifierOptions {
  /** How the matrices are kept in memory; default float32. */
  readonly storage?: WeightStorage | undefined;
  /** Called again and again while files come from the hub. */
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
}

/**
 * A published model that tells classes apart, with what makes tensors of its inputs: a tokenizer for texts, a preprocessor for images.
 */
export class PublishedClassifier {
  readonly model: TextClassifier | ViTForImageClassification;
  readonly #ask: Ask;

  private constructor(model: TextClassifier | ViTForImageClassification, ask: Ask) {
    this.model = model;
    this.#ask = ask;
  }

  /**
   * Loads a classifier and what prepares its inputs.
   *
   * @param source path of a folder, or a name of the hub: `owner/name`, `owner/name@revision`
   * @throws {ArgumentError} a file is missing or wrong, or the model is no classifier (code `PRETRAINED`); a model that the hub does not
   *   give (code `HUB`)
   */
  static async fromFolder(source: string, options: PublishedClassifierOptions = {}): Promise<PublishedClassifier> {
    checkOptions('PublishedClassifier.fromFolder', options, ['onProgress', 'storage']);
    const folder = await resolvePretrained(source, { onProgress: options.onProgress });
    const model = await fromPretrained(folder, { storage: options.storage });
    try {
      if (isTextClassifier(model)) {
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
   * The class of each input, and how likely each class is; of a model whose classes do not exclude each other, or that has only one, how
   * likely each is by itself; of one that learned numbers (`problem_type` `regression`), the numbers.
   *
   * @param inputs texts, or paths of images
   * @throws {ArgumentError} a text has no token (code `TEXT`), or one that the model does not have (code `VOCABULARY`); an image cannot be
   *   read; the model gives no finite numbers (code `CLASSIFY`)
   */
  async classify(inputs: readonly string[]): Promise<Prediction[]> {
    const config: LabelsConfig = this.model.config;
    const names = labelNames(config);
    const answers: Prediction[] = [];
    for (const input of inputs) {
      const logits = await this.#ask(input);
      const chances = scope(() => chancesOf(logits, config).dataSync<'float32'>());
      dispose(logits);
      answers.push({ input, ...rankClasses(names, chances) });
      await nextTick();
    }
    return answers;
  }

  dispose(): void {
    this.model.dispose();
  }
}

/** Chances of classes from logits `[1, classes]`, as transformers' pipeline makes them. */
function chancesOf(logits: Tensor, config: LabelsConfig): Tensor {
  if (config.problem_type === 'regression') return logits;
  const excluding = config.problem_type !== 'multi_label_classification' && labelCount(config) > 1;
  return excluding ? softmax(logits) : sigmoid(logits);
}

function askText(model: TextClassifier, tokenizer: PretrainedTokenizer): Ask {
  const maximumLength = model.context;
  return (text) => {
    const { inputIds, tokenTypeIds } = tokenizer.encodeBatch([text], { maximumLength });
    const [ids = [], types = []] = [inputIds[0], tokenTypeIds[0]];
    checkTokensOf(text, ids, model, tokenizer);
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

/** @throws {ArgumentError} there is no token (code `TEXT`), or one that the model does not have (code `VOCABULARY`) */
function checkTokensOf(
  text: string,
  ids: readonly number[],
  { config }: TextClassifier,
  tokenizer: PretrainedTokenizer,
): void {
  const op = 'classify';
  if (ids.length === 0) {
    const argument = `the text ${JSON.stringify(text)}`;
    throw new ArgumentError({ op, argument, expected: 'to have a token', received: 'none' }, 'TEXT');
  }
  checkVocabulary(op, ids, Number(config.vocab_size), (id) => tokenizer.tokenOf(id));
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
