// SPDX-License-Identifier: Apache-2.0
// The recipe `text-cnn`: a convolutional network that classifies sentences.

import { join } from 'node:path';

import { ArgumentError, Generator, type Tensor, reshape } from '@nabla/core';
import { DataLoader, SimilarLengthSampler } from '@nabla/data';
import { crossEntropy } from '@nabla/layers';
import { z } from 'zod';

import { measureClasses, predictClass } from '../classification/token-classes.ts';
import { type TokenBatch, type TokenExample, collateTokens } from '../finetune/batches.ts';
import type { Recipe, RestoredModel, Task } from '../training/recipe.ts';
import { checkRunFile } from '../training/run-folder.ts';
import { SPECIAL, WordTokenizer } from './word-tokenizer.ts';
import { type TextCnnConfig, textCnnDefaults, textCnnSchema } from './config.ts';
import { encodeText, encodeTexts, normalize, readTexts, splitTexts } from './data.ts';
import { TextCnn } from './model.ts';

const TOKENIZER_FILE = 'tokenizer.json';
const CLASSES_FILE = 'classes.json';

const classesSchema = z.array(z.string()).min(2);

function makeModel(config: TextCnnConfig, vocabulary: number, classes: number, generator: Generator): TextCnn {
  return new TextCnn({ ...config, vocabulary, classes, padding: SPECIAL.padding }, generator);
}

export const textCnnRecipe: Recipe<typeof textCnnSchema, TokenBatch> = {
  name: 'text-cnn',
  title: 'a convolutional network that classifies sentences',
  schema: textCnnSchema,
  defaults: textCnnDefaults,
  fileNames: () => [TOKENIZER_FILE, CLASSES_FILE],

  async prepare(config, generator, resolveData): Promise<Task<TokenBatch>> {
    const { data, batchSize, vocabulary, maximumLength, maximumNorm } = config;
    const texts = await readTexts(config, data, resolveData);
    const { train, validation, test } = splitTexts(texts, config);
    const words = Array.from({ length: train.length }, (_, i) => normalize(train.get(i).text));
    const tokenizer = WordTokenizer.train(words, vocabulary);
    const dataset = encodeTexts(train, tokenizer, maximumLength);
    const watched = encodeTexts(validation, tokenizer, maximumLength);
    const heldOut = encodeTexts(test, tokenizer, maximumLength);
    const model = makeModel(config, tokenizer.size, texts.classes.length, generator);
    const lengths = Array.from({ length: dataset.length }, (_, i) => dataset.get(i).ids.length);
    const sampler = new SimilarLengthSampler(lengths, {
      batchSize,
      generator: new Generator(generator.integer(2 ** 48)),
    });
    const collate = (examples: readonly TokenExample[]): TokenBatch => collateTokens(examples, SPECIAL.padding);
    const loader = new DataLoader(dataset, { batchSize, sampler, collate });
    const logitsOf = ({ tokens }: TokenBatch): Tensor => model.forward(tokens);
    return {
      model,
      loader,
      batchesPerEpoch: loader.batchesPerEpoch,
      loss: (batch) => crossEntropy(logitsOf(batch), reshape(batch.labels, [-1])),
      ...(maximumNorm > 0 && { constrain: () => model.limitNorms(maximumNorm) }),
      evaluate: (quick) => measureClasses(logitsOf, quick ? watched : heldOut, SPECIAL.padding, Infinity),
      files: { [TOKENIZER_FILE]: tokenizer, [CLASSES_FILE]: texts.classes },
    };
  },

  restore(config, files, folder): RestoredModel {
    const tokenizer = WordTokenizer.fromJSON(files[TOKENIZER_FILE], join(folder, TOKENIZER_FILE));
    const classes = checkRunFile(classesSchema, join(folder, CLASSES_FILE), files[CLASSES_FILE]);
    const model = makeModel(config, tokenizer.size, classes.length, new Generator(config.seed));
    const logitsOf = ({ tokens }: TokenBatch): Tensor => model.forward(tokens);
    return {
      model,
      async evaluate(resolveData, data) {
        const texts = await readTexts(config, data ?? config.data, resolveData);
        checkClasses(classes, texts.classes);
        const measured = data === undefined ? splitTexts(texts, config).test : texts;
        const examples = encodeTexts(measured, tokenizer, config.maximumLength);
        return measureClasses(logitsOf, examples, SPECIAL.padding, Infinity);
      },
      predict: (inputs) =>
        Promise.resolve(
          inputs.map((input) => {
            const ids = encodeText(input, tokenizer, config.maximumLength);
            return predictClass(logitsOf, input, { ids }, classes);
          }),
        ),
    };
  },
};

/** @throws {ArgumentError} data have other classes than the model (code `CLASSES`) */
function checkClasses(own: readonly string[], given: readonly string[]): void {
  if (own.join('\n') === given.join('\n')) return;
  const [expected, received] = [`to have the classes ${own.join(', ')}`, given.join(', ')];
  throw new ArgumentError({ op: 'evaluate', argument: 'the data', expected, received }, 'CLASSES');
}
