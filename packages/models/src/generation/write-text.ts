// SPDX-License-Identifier: Apache-2.0
// Writing text: a prompt goes in as text, and what the model adds comes out as text while it is written.

import { checkVocabulary } from '../pretrained/check-vocabulary.ts';
import { type GenerativeModel, isEncoderDecoder } from './decoding.ts';
import { generateTokens } from './generate.ts';
import { generationDefaults } from './generation-config.ts';
import { type GenerationOptions, checkStopStrings } from './options.ts';
import { StopStrings } from './stop-strings.ts';
import type { FinishReason, GeneratedToken } from './write-rows.ts';

/** What text is made of tokens with, and back: a `PretrainedTokenizer` of `@nabla/data`. */
export interface TextTokenizer {
  encode(text: string): { readonly ids: readonly number[] };
  decode(ids: Iterable<number>): string;
  /** Text of ids that come one by one, whole characters only. */
  streamDecoder(): { push(id: number): string; flush(): string };
}

/** Options of writing text; stop strings are found in the text itself. */
export type TextOptions = Omit<GenerationOptions, 'decode'>;

/** What a token adds to the text. */
export interface TextPiece {
  /** None while a character is not whole, or what came may be the beginning of a stop string. */
  readonly text: string;
  readonly token: GeneratedToken;
  /** Why the text ends with this piece; undefined while it goes on. */
  readonly finish?: FinishReason;
}

/**
 * Writes on after a prompt, or answers it if the model is an encoder-decoder: a piece for each token. Text never ends within a
 * character, and never holds a stop string or a part of it.
 *
 * @param prompt text, or its token ids
 * @throws {ArgumentError} as {@link generateTokens}; tokenizer and model do not go together (code `VOCABULARY`)
 */
export async function* writePieces(
  model: GenerativeModel,
  tokenizer: TextTokenizer,
  prompt: string | readonly number[],
  { stopStrings: given, ...options }: TextOptions = {},
): AsyncGenerator<TextPiece, undefined> {
  const ids = typeof prompt === 'string' ? tokenizer.encode(prompt).ids : prompt;
  checkVocabulary('generate', ids, model.vocabulary, (id) => tokenizer.decode([id]));
  const added = addedText(tokenizer, isEncoderDecoder(model) ? [] : ids);
  const strings = given ?? [(await generationDefaults(model)).stop_strings ?? []].flat();
  checkStopStrings(strings);
  const stops = new StopStrings(strings);
  for await (const token of generateTokens(model, ids, { ...options, stopStrings: [] })) {
    let text = stops.push(added.push(token.id));
    if (token.finish !== undefined) text += stops.push(added.flush()) + stops.flush();
    const finish = stops.found ? 'stop' : token.finish;
    yield { text, token, ...(finish !== undefined && { finish }) };
    if (stops.found) return;
  }
}

/**
 * Writes on after a prompt, or answers it if the model is an encoder-decoder: text as it comes, in pieces that are not empty.
 *
 * @throws {ArgumentError} as {@link generateTokens}; tokenizer and model do not go together (code `VOCABULARY`)
 */
export async function* writeText(
  model: GenerativeModel,
  tokenizer: TextTokenizer,
  prompt: string | readonly number[],
  options: TextOptions = {},
): AsyncGenerator<string, undefined> {
  for await (const { text } of writePieces(model, tokenizer, prompt, options)) if (text !== '') yield text;
}

/**
 * Decodes what comes after a prompt as its continuation: alone, it would lose the space that it may begin with. Of the prompt's own
 * text, nothing comes out.
 */
function addedText(tokenizer: TextTokenizer, prompt: readonly number[]): ReturnType<TextTokenizer['streamDecoder']> {
  const decoder = tokenizer.streamDecoder();
  const settled = prompt.map((id) => decoder.push(id)).join('');
  let waiting = tokenizer.decode(prompt).slice(settled.length); // what the decoder has not given of the prompt yet
  const withoutPrompt = (text: string): string => {
    if (text === '' || waiting === '') return text;
    const own = text.startsWith(waiting) ? waiting.length : 0;
    waiting = '';
    return text.slice(own);
  };
  return {
    push: (id) => withoutPrompt(decoder.push(id)),
    flush: () => withoutPrompt(decoder.flush()),
  };
}
