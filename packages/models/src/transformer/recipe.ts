// SPDX-License-Identifier: Apache-2.0
// The recipe `transformer`: a character language model of any text.

import { join } from 'node:path';

import { Generator, argMax, cast, equal, mean, sum } from '@nabla/core';
import {
  CharacterTokenizer,
  DataLoader,
  RandomWithReplacementSampler,
  type TextBatch,
  TextDataset,
  collateText,
  loadText,
  splitTokens,
} from '@nabla/data';
import { crossEntropy } from '@nabla/layers';

import type { Metrics } from '../training/events.ts';
import { meanMetrics } from '../training/evaluation.ts';
import type { Recipe, RestoredModel, Task } from '../training/recipe.ts';
import { transformerDefaults, transformerSchema } from './config.ts';
import { encodePrompt, generateText, nextLogits, probabilities } from './generate.ts';
import { CharacterTransformer, type TransformerShape } from './model.ts';

const TOKENIZER_FILE = 'tokenizer.json';

/** Windows that an evaluation looks at, at most. 256: as long as about seven steps of training; 4,096: a text of 2.6 MB. */
const WINDOWS = { quick: 256, full: 4096 } as const;
const EVALUATION_BATCH = 64;

function makeModel(
  shape: Omit<TransformerShape, 'vocabulary'>,
  tokenizer: CharacterTokenizer,
  generator: Generator,
): CharacterTransformer {
  return new CharacterTransformer({ ...shape, vocabulary: tokenizer.size }, generator);
}

/** Windows that cover a text once and do not overlap, for evaluation. */
function windowsOf(tokens: Int32Array, context: number): TextDataset {
  return new TextDataset(tokens, { context, stride: context });
}

/** Mean loss in nats and share of characters guessed right, over at most `count` windows spread over the text. */
function evaluateText(model: CharacterTransformer, dataset: TextDataset, count: number): Metrics {
  const options = { batchSize: EVALUATION_BATCH, collate: collateText, count };
  return meanMetrics(dataset, options, ({ inputs, targets }) => {
    const logits = model.forward(inputs); // [batch, time, vocabulary]
    const loss = crossEntropy(logits, targets, { reduction: 'none' }); // [batch, time]
    const right = cast(equal(cast(argMax(logits, -1), 'int32'), targets), 'float32'); // [batch, time]
    return { loss: sum(mean(loss, -1)), accuracy: sum(mean(right, -1)) };
  });
}

export const transformerRecipe: Recipe<typeof transformerSchema, TextBatch> = {
  name: 'transformer',
  title: 'a transformer that learns to write from any text, character by character',
  schema: transformerSchema,
  defaults: transformerDefaults,
  fileNames: [TOKENIZER_FILE],

  async prepare(config, generator, resolveData): Promise<Task<TextBatch>> {
    const text = await loadText(await resolveData(config.data));
    const tokenizer = CharacterTokenizer.train(text);
    const { train, validation } = splitTokens(tokenizer.encode(text));
    const dataset = new TextDataset(train, { context: config.context });
    const heldOut = windowsOf(validation, config.context);
    const model = makeModel(config, tokenizer, generator);
    const sampler = new RandomWithReplacementSampler(dataset.length, {
      generator: new Generator(generator.integer(2 ** 48)),
    });
    return {
      model,
      loader: new DataLoader(dataset, { batchSize: config.batchSize, sampler, collate: collateText }),
      batchesPerEpoch: train.length / (config.batchSize * config.context),
      loss: ({ inputs, targets }) => crossEntropy(model.forward(inputs), targets),
      evaluate: (quick) => evaluateText(model, heldOut, quick ? WINDOWS.quick : WINDOWS.full),
      files: { [TOKENIZER_FILE]: tokenizer },
    };
  },

  restore(config, files, folder): RestoredModel {
    const tokenizer = CharacterTokenizer.fromJSON(files[TOKENIZER_FILE], join(folder, TOKENIZER_FILE));
    const model = makeModel(config, tokenizer, new Generator(config.seed));
    return {
      model,
      async evaluate(resolveData, data) {
        const tokens = tokenizer.encode(await loadText(await resolveData(data ?? config.data)));
        const heldOut = data === undefined ? splitTokens(tokens).validation : tokens;
        return evaluateText(model, windowsOf(heldOut, config.context), WINDOWS.full);
      },
      predict: (inputs) =>
        Promise.resolve(
          inputs.map((input) => {
            const chances = probabilities(nextLogits(model, encodePrompt(tokenizer, input)), 1, 0);
            const ranked = [...chances].map((chance, token) => ({ character: tokenizer.decode([token]), chance }));
            const next = ranked.sort((a, b) => b.chance - a.chance).slice(0, 5);
            return { input, prediction: next[0]?.character, next };
          }),
        ),
      generate: (options) => generateText(model, tokenizer, options),
    };
  },
};
