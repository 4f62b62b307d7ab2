// SPDX-License-Identifier: Apache-2.0
// What every recipe that learns to write, character by character, shares: its data, its loss, its evaluation, its answers.

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

import { probabilities } from '../generation/sampling.ts';
import { meanMetrics } from '../training/evaluation.ts';
import type { Metrics } from '../training/events.ts';
import type { ResolveData, RestoredModel, RunFiles, Task } from '../training/recipe.ts';
import type { TrainingSettings } from '../training/settings.ts';
import type { CharacterModel } from './character-model.ts';
import { encodePrompt, generateText, nextLogits } from './generate.ts';

export const TOKENIZER_FILE = 'tokenizer.json';

/** Windows that an evaluation looks at, at most. 256: as long as about seven steps of training; 4,096: a text of 2.6 MB. */
const WINDOWS = { quick: 256, full: 4096 } as const;
const EVALUATION_BATCH = 64;

type TextSettings = TrainingSettings & { readonly context: number };

/** Makes the model for a vocabulary. */
type MakeModel = (vocabulary: number, generator: Generator) => CharacterModel;

/** A model that learns a text: batches are random windows of it, the end of the text is held out. */
export async function prepareText(
  { data, context, batchSize }: TextSettings,
  makeModel: MakeModel,
  generator: Generator,
  resolveData: ResolveData,
): Promise<Task<TextBatch>> {
  const text = await loadText(await resolveData(data));
  const tokenizer = CharacterTokenizer.train(text);
  const { train, validation } = splitTokens(tokenizer.encode(text));
  const dataset = new TextDataset(train, { context });
  const heldOut = windowsOf(validation, context);
  const model = makeModel(tokenizer.size, generator);
  const sampler = new RandomWithReplacementSampler(dataset.length, {
    generator: new Generator(generator.integer(2 ** 48)),
  });
  return {
    model,
    loader: new DataLoader(dataset, { batchSize, sampler, collate: collateText }),
    batchesPerEpoch: train.length / (batchSize * context),
    loss: ({ inputs, targets }) => crossEntropy(model.forward(inputs), targets),
    evaluate: (quick) => evaluateText(model, heldOut, quick ? WINDOWS.quick : WINDOWS.full),
    files: { [TOKENIZER_FILE]: tokenizer },
  };
}

/** The model of a saved run: it measures texts, names the next character, and writes. */
export function restoreText(
  { data: trainedOn, context, seed }: TextSettings,
  makeModel: MakeModel,
  files: RunFiles,
  folder: string,
): RestoredModel {
  const tokenizer = CharacterTokenizer.fromJSON(files[TOKENIZER_FILE], join(folder, TOKENIZER_FILE));
  const model = makeModel(tokenizer.size, new Generator(seed));
  return {
    model,
    async evaluate(resolveData, data) {
      const tokens = tokenizer.encode(await loadText(await resolveData(data ?? trainedOn)));
      const heldOut = data === undefined ? splitTokens(tokens).validation : tokens;
      return evaluateText(model, windowsOf(heldOut, context), WINDOWS.full);
    },
    predict: (inputs) =>
      Promise.resolve(
        inputs.map((input) => {
          const chances = probabilities(nextLogits(model, encodePrompt(tokenizer, input)));
          const ranked = [...chances].map((chance, token) => ({ character: tokenizer.decode([token]), chance }));
          const next = ranked.sort((a, b) => b.chance - a.chance).slice(0, 5);
          return { input, prediction: next[0]?.character, next };
        }),
      ),
    generate: (options) => generateText(model, tokenizer, options),
  };
}

/** Windows that cover a text once and do not overlap, for evaluation. */
function windowsOf(tokens: Int32Array, context: number): TextDataset {
  return new TextDataset(tokens, { context, stride: context });
}

/** Mean loss in nats, its exponential, and share of characters guessed right, over at most `count` windows spread over the text. */
function evaluateText(model: CharacterModel, dataset: TextDataset, count: number): Metrics {
  const options = { batchSize: EVALUATION_BATCH, collate: collateText, count };
  const means = meanMetrics(dataset, options, ({ inputs, targets }) => {
    const logits = model.forward(inputs); // [batch, time, vocabulary]
    const loss = crossEntropy(logits, targets, { reduction: 'none' }); // [batch, time]
    const right = cast(equal(cast(argMax(logits, -1), 'int32'), targets), 'float32'); // [batch, time]
    return { loss: sum(mean(loss, -1)), accuracy: sum(mean(right, -1)) };
  });
  return { ...means, perplexity: Math.exp(means['loss'] ?? NaN) };
}
