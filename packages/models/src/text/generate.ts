// SPDX-License-Identifier: Apache-2.0
// Writing text with a trained language model, one character at a time.

import { setImmediate as nextTick } from 'node:timers/promises';

import { ArgumentError, type Generator, type Tensor, noGrad, reshape, scope, slice, tensor2d } from '@nabla/core';
import type { CharacterTokenizer } from '@nabla/data';

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

/** `exp(logits / temperature)`, normalized, over the `topK` largest (0: all); the others get 0. */
export function probabilities(logits: Float32Array, temperature: number, topK: number): Float64Array {
  const kept = topK > 0 && topK < logits.length ? (Float32Array.from(logits).sort().at(-topK) ?? -Infinity) : -Infinity;
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(logits, (logit) => (logit < kept ? 0 : Math.exp((logit - top) / temperature)));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** Draws a token: the likeliest for temperature 0, else by {@link probabilities}. */
export function sampleToken(
  logits: Float32Array,
  { temperature, topK }: GenerateOptions,
  generator: Generator,
): number {
  if (temperature === 0) return logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity));
  let left = generator.integer(2 ** 53 - 1) / (2 ** 53 - 1);
  const weights = probabilities(logits, temperature, topK);
  let last = 0;
  for (const [token, weight] of weights.entries()) {
    if (weight === 0) continue;
    left -= weight;
    last = token;
    if (left < 0) break;
  }
  return last;
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
