// SPDX-License-Identifier: Apache-2.0
// Writing text with a trained language model, one character at a time.

import { setImmediate as nextTick } from 'node:timers/promises';

import { ArgumentError, type Generator, type Tensor, noGrad, reshape, scope, slice, tensor2d } from '@nabla/core';
import type { CharacterTokenizer } from '@nabla/data';

import { warp } from '../generation/logit-rules.ts';
import { drawToken, likeliestToken } from '../generation/sampling.ts';
import { PLAIN } from '../generation/warpers.ts';
import type { GenerateOptions } from '../training/recipe.ts';
import type { CharacterModel } from './character-model.ts';

/**
 * The tokens of the beginning of a text.
 *
 * @throws {ArgumentError} it is empty, or has a character that the model does not know
 */
export function encodePrompt(tokenizer: CharacterTokenizer, prompt: string): number[] {
  if (prompt !== '') return [...tokenizer.encode(prompt)];
  const expected = 'to have at least one character';
  throw new ArgumentError(
    { op: 'generate', argument: 'the beginning of the text', expected, received: 'none' },
    'TEXT',
  );
}

/** Logits of the character after `tokens`, of which the last `context` are seen. → `[vocabulary]` */
export function nextLogits(model: CharacterModel, tokens: readonly number[]): Float32Array {
  const seen = tokens.slice(-model.context);
  return scope(() =>
    noGrad(() => {
      const logits = model.forward(tensor2d(Int32Array.from(seen), [1, seen.length], 'int32')); // [1, time, vocabulary]
      const vocabulary = logits.shape[2] ?? 0;
      const last: Tensor = slice(logits, [0, seen.length - 1, 0], [1, 1, vocabulary]);
      return reshape(last, [vocabulary]).dataSync<'float32'>();
    }),
  );
}

/** Draws the next token: the likeliest for temperature 0, else among the `topK` likeliest (0: all). */
export function sampleToken(
  logits: Float32Array,
  { temperature, topK }: Pick<GenerateOptions, 'temperature' | 'topK'>,
  generator: Generator,
): number {
  if (temperature === 0) return likeliestToken(logits);
  return drawToken(warp(logits, { ...PLAIN, temperature, topK }), generator);
}

/** The text after a prompt, character by character. Lets the event loop in between two of them. */
export async function* generateText(
  model: CharacterModel,
  tokenizer: CharacterTokenizer,
  options: GenerateOptions,
): AsyncIterableIterator<string> {
  const tokens = encodePrompt(tokenizer, options.prompt);
  model.eval();
  for (let count = 0; count < options.tokens; count++) {
    const token = sampleToken(nextLogits(model, tokens), options, options.generator);
    tokens.push(token);
    yield tokenizer.decode([token]);
    await nextTick();
  }
}
