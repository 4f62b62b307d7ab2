// SPDX-License-Identifier: Apache-2.0
// Sentences into another language with a trained model.

import { ArgumentError } from '@nabla/core';
import type { PretrainedTokenizer } from '@nabla/data';

import { generate } from '../generation/generate.ts';
import type { EvaluationProgress } from '../training/recipe.ts';
import type { TranslationTransformer } from './model.ts';
import { SPECIAL } from './tokenizer.ts';

/** Sentences that are translated together. */
const BATCH = 64;
/** Tokens that a translation may have more than its sentence, as in the paper. */
const LONGER = 50;

/** A model, and how it reads and writes. */
export interface Translator {
  readonly model: TranslationTransformer;
  readonly tokenizer: PretrainedTokenizer;
}

/** How to translate. */
export interface TranslateOptions {
  /** Translations of a sentence that are written at once to find the likeliest. */
  readonly beams: number;
  /** Told how many sentences are translated, of how many. */
  readonly onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

/**
 * The translation of each sentence. Sentences of similar length are translated together.
 *
 * @throws {ArgumentError} a sentence is empty or longer than the model reads (code `TEXT`)
 */
export async function translate(
  { model, tokenizer }: Translator,
  sentences: readonly string[],
  { beams, onProgress }: TranslateOptions,
): Promise<string[]> {
  const read = sentences.map((sentence, i) => ({ i, tokens: readSentence(sentence, tokenizer, model.context) }));
  const sorted = read.sort((a, b) => a.tokens.length - b.tokens.length);
  const translations = new Array<string>(sentences.length).fill('');
  for (let begin = 0; begin < sorted.length; begin += BATCH) {
    onProgress?.({ done: begin, total: sorted.length });
    const batch = sorted.slice(begin, begin + BATCH);
    const inputIds = batch.map(({ tokens }) => [...tokens]);
    const longest = Math.max(...inputIds.map((tokens) => tokens.length));
    const maximumNewTokens = Math.min(model.context - 1, longest + LONGER);
    const { sequences } = await generate(model, { inputIds }, { beams, maximumNewTokens, sample: false });
    batch.forEach(({ i }, row) => {
      translations[i] = tokenizer.decode(sequences[row] ?? []);
    });
  }
  onProgress?.({ done: sorted.length, total: sorted.length });
  return translations;
}

function readSentence(sentence: string, tokenizer: PretrainedTokenizer, context: number): number[] {
  const tokens = tokenizer.encode(sentence.trim()).ids;
  if (tokens.length > 0 && tokens.length < context) return [...tokens, SPECIAL.end];
  const expected = `to have from 1 to ${context - 1} tokens`;
  const received = `${tokens.length}: ${JSON.stringify(sentence.slice(0, 60))}`;
  throw new ArgumentError({ op: 'translate', argument: 'a sentence', expected, received }, 'TEXT');
}
