// SPDX-License-Identifier: Apache-2.0
// The recipe `translation`: the first transformer learns to translate from pairs of sentences.

import { join } from 'node:path';

import { Generator, scope } from '@nabla/core';
import { ArrayDataset, DataLoader, type PretrainedTokenizer, SimilarLengthSampler, type TextPair } from '@nabla/data';

import { Bleu } from '../metrics/bleu.ts';
import { MeanMetric } from '../metrics/mean-metric.ts';
import type { Metrics } from '../training/events.ts';
import type { Recipe } from '../training/recipe.ts';
import { type TranslationConfig, translationDefaults, translationSchema } from './config.ts';
import { type PairBatch, collatePairs, lengthOf, readPairs, splitPairs, tokenPairs } from './data.ts';
import { TranslationTransformer } from './model.ts';
import { SPECIAL, readTokenizer, trainTokenizer } from './tokenizer.ts';
import { type TranslateOptions, type Translator, translate } from './translate.ts';

const TOKENIZER_FILE = 'tokenizer.json';

/** Held-out pairs that an evaluation looks at while training. 256: translated word by word in some seconds. */
const QUICK = 256;
const EVALUATION_BATCH = 64;

function makeModel(
  config: TranslationConfig,
  tokenizer: PretrainedTokenizer,
  generator: Generator,
): TranslationTransformer {
  return new TranslationTransformer({ ...config, ...SPECIAL, vocabulary: tokenizer.size }, generator);
}

/** The loss of a token in nats, its exponential, and BLEU: of how well the sentences are translated. */
async function evaluateTranslator(
  translator: Translator,
  pairs: readonly TextPair[],
  options: TranslateOptions,
): Promise<Metrics> {
  const { model, tokenizer } = translator;
  const tokens = tokenPairs(pairs, tokenizer, model.context);
  const loss = new MeanMetric();
  for (let begin = 0; begin < tokens.length; begin += EVALUATION_BATCH) {
    scope(() => {
      const batch = collatePairs(tokens.slice(begin, begin + EVALUATION_BATCH));
      loss.update(model.loss(batch), batch.labelCount);
    });
  }
  const bleu = new Bleu();
  const translations = await translate(
    translator,
    pairs.map(({ source }) => source),
    options,
  );
  bleu.update(
    translations,
    pairs.map(({ target }) => target),
  );
  return { loss: loss.compute(), perplexity: Math.exp(loss.compute()), bleu: bleu.compute() };
}

export const translationRecipe: Recipe<typeof translationSchema, PairBatch> = {
  name: 'translation',
  title: 'the first transformer, which learns to translate from pairs of sentences',
  schema: translationSchema,
  defaults: translationDefaults,
  fileNames: () => [TOKENIZER_FILE],
  async prepare(config, generator, resolveData) {
    const { batchSize, context, vocabulary, labelSmoothing, beams } = config;
    const { train, heldOut } = splitPairs(await readPairs(config, config.data, resolveData), config);
    const tokenizer = await trainTokenizer(train, vocabulary);
    const dataset = new ArrayDataset(tokenPairs(train, tokenizer, context));
    const lengths = Array.from({ length: dataset.length }, (_, i) => lengthOf(dataset.get(i)));
    const model = makeModel(config, tokenizer, generator);
    const sampler = new SimilarLengthSampler(lengths, {
      batchSize,
      generator: new Generator(generator.integer(2 ** 48)),
    });
    const loader = new DataLoader(dataset, { batchSize, sampler, collate: collatePairs });
    const translator = { model, tokenizer };
    return {
      model,
      loader,
      batchesPerEpoch: loader.batchesPerEpoch,
      loss: (batch) => model.loss(batch, labelSmoothing),
      weight: ({ labelCount }) => labelCount,
      evaluate: (quick) =>
        evaluateTranslator(translator, quick ? heldOut.slice(0, QUICK) : heldOut, { beams: quick ? 1 : beams }),
      files: { [TOKENIZER_FILE]: tokenizer },
    };
  },
  restore(config, files, folder) {
    const tokenizer = readTokenizer(files[TOKENIZER_FILE], join(folder, TOKENIZER_FILE));
    const model = makeModel(config, tokenizer, new Generator(config.seed));
    return {
      model,
      async evaluate(resolveData, data, onProgress) {
        const pairs = await readPairs(config, data ?? config.data, resolveData);
        const measured = data === undefined ? splitPairs(pairs, config).heldOut : pairs;
        return evaluateTranslator({ model, tokenizer }, measured, { beams: config.beams, onProgress });
      },
      async predict(inputs) {
        const translations = await translate({ model, tokenizer }, inputs, { beams: config.beams });
        return inputs.map((input, i) => ({ input, prediction: translations[i] }));
      },
    };
  },
};
