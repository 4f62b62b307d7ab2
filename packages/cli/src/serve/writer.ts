// SPDX-License-Identifier: Apache-2.0
// What writes for requests: a published model with its tokenizer, or the model of a run.

import { type ChatMessage, type PretrainedTokenizer, encodeChat } from '@nabla/data';
import {
  GenerationSession,
  type GenerativeModel,
  type RestoredModel,
  StopStrings,
  type TextModel,
  type TextOptions,
  type TokenProbability,
  generationDefaults,
  isEncoderDecoder,
  writePieces,
} from '@nabla/models';

import { endTokensOf } from '../end-tokens.ts';
import { tokenTexts } from '../token-text.ts';
import { ServeError } from './errors.ts';

/** A text to go on with, or to answer. */
export interface Prompt {
  readonly text: string;
  readonly ids: readonly number[];
}

/** What a token adds to a text. */
export interface WrittenPiece {
  readonly text: string;
  readonly id?: number | undefined;
  /** Logarithm of its probability, where asked for. */
  readonly logProbability?: number | undefined;
  /** The likeliest tokens in its place, where asked for. */
  readonly likeliest?: readonly TokenProbability[] | undefined;
  /** Why the text ends with this piece. */
  readonly finish?: 'stop' | 'length' | undefined;
}

/** What writes. */
export interface Writer {
  /** Tokens in its vocabulary. */
  readonly vocabulary: number;
  /** Tokens of the last prompt that had been read for the one before, which it begins like. */
  readonly reused: number;
  /** @throws {ServeError} the prompt is of a kind that it does not take */
  read(prompt: string | readonly number[]): Prompt;
  /** A conversation up to where it is to answer. */
  readConversation(messages: readonly ChatMessage[]): Prompt;
  /** Tokens that a text after the prompt may have; undefined: as many as are asked for. */
  room(prompt: Prompt): number | undefined;
  /** Writes; a piece for each token. One text at a time. */
  write(prompt: Prompt, options: TextOptions): AsyncIterable<WrittenPiece>;
  /** What a token reads like inside a text. */
  textOf(id: number): string;
  dispose(): void;
}

/**
 * A published model, which takes all options. What a conversation has read before is not read again, unless another came between: the
 * keys and values of the last text stay in memory until then, and last bits of logits may depend on how much of a text had been read.
 */
export class PublishedWriter implements Writer {
  readonly #model: GenerativeModel;
  readonly #session: GenerationSession | undefined;
  readonly #tokenizer: PretrainedTokenizer;
  readonly textOf: (id: number) => string;

  constructor({ model, tokenizer }: TextModel) {
    this.#model = model;
    this.#session = isEncoderDecoder(model) ? undefined : new GenerationSession(model);
    this.#tokenizer = tokenizer;
    this.textOf = tokenTexts(tokenizer);
  }

  get vocabulary(): number {
    return this.#model.vocabulary;
  }

  get reused(): number {
    return this.#session?.reused ?? 0;
  }

  read(prompt: string | readonly number[]): Prompt {
    if (typeof prompt === 'string') return { text: prompt, ids: this.#tokenizer.encode(prompt).ids };
    const wrong = prompt.find((id) => id >= this.vocabulary);
    if (wrong === undefined) return { text: this.#tokenizer.decode(prompt), ids: prompt };
    throw new ServeError(400, 'invalid_token', `Token ${wrong} is not below ${this.vocabulary}.`, 'prompt');
  }

  readConversation(messages: readonly ChatMessage[]): Prompt {
    return { text: '', ids: encodeChat(this.#tokenizer, messages) };
  }

  room({ ids }: Prompt): number | undefined {
    const { context } = this.#model;
    return context === undefined ? undefined : context - (isEncoderDecoder(this.#model) ? 1 : ids.length);
  }

  async *write({ ids }: Prompt, options: TextOptions): AsyncGenerator<WrittenPiece, undefined> {
    const endTokens = await endTokensOf({ model: this.#model, tokenizer: this.#tokenizer });
    const { sequence_bias: own } = await generationDefaults(this.#model);
    const sequenceBias = [...(own ?? []), ...(options.sequenceBias ?? [])];
    const settings = { ...options, endTokens, sequenceBias, session: this.#session };
    for await (const { text, token, finish } of writePieces(this.#model, this.#tokenizer, ids, settings)) {
      const { id, logProbability, likeliest } = token;
      yield { text, id, logProbability, likeliest, finish: finish === 'end' ? 'stop' : finish };
    }
  }

  dispose(): void {
    this.#session?.dispose();
    this.#model.dispose();
  }
}

/** The model of a run that writes character by character: it draws by temperature among the likeliest. */
export class RunWriter implements Writer {
  readonly vocabulary = 0;
  readonly reused = 0;
  readonly #model: RestoredModel;
  readonly #generate: NonNullable<RestoredModel['generate']>;

  constructor(model: RestoredModel, generate: NonNullable<RestoredModel['generate']>) {
    this.#model = model;
    this.#generate = generate;
  }

  read(prompt: string | readonly number[]): Prompt {
    if (typeof prompt === 'string') return { text: prompt, ids: [...prompt].map((one) => one.codePointAt(0) ?? 0) };
    throw new ServeError(400, 'invalid_prompt', 'This model takes text, not tokens.', 'prompt');
  }

  readConversation(): never {
    const message = 'This model goes on with texts, and was not made for conversations: /v1/completions.';
    throw new ServeError(400, 'model_without_chat', message, 'model');
  }

  room(): undefined {
    return undefined; // it sees the last characters, however long the text is
  }

  async *write({ text: prompt }: Prompt, options: TextOptions): AsyncGenerator<WrittenPiece, undefined> {
    const { temperature = 1, topK = 0, maximumNewTokens = 1, stopStrings = [], generator, signal } = options;
    refuseUnknown(options);
    if (generator === undefined) throw new TypeError('a request draws with a generator of its own');
    const stops = new StopStrings(stopStrings);
    let written = 0;
    for await (const piece of this.#generate({ prompt, tokens: maximumNewTokens, temperature, topK, generator })) {
      signal?.throwIfAborted();
      written += 1;
      const isLast = written === maximumNewTokens;
      const text = stops.push(piece) + (isLast ? stops.flush() : '');
      yield { text, finish: stops.found ? 'stop' : isLast ? 'length' : undefined };
      if (stops.found) return;
    }
  }

  textOf(): never {
    throw new TypeError('it tells no tokens');
  }

  dispose(): void {
    this.#model.model.dispose();
  }
}

/** @throws {ServeError} an option that the model of a run does not know asks for something */
function refuseUnknown(options: TextOptions): void {
  const asked = {
    top_p: (options.topP ?? 1) !== 1,
    min_p: (options.minP ?? 0) !== 0,
    repetition_penalty: (options.repetitionPenalty ?? 1) !== 1,
    presence_penalty: (options.presencePenalty ?? 0) !== 0,
    frequency_penalty: (options.frequencyPenalty ?? 0) !== 0,
    logprobs: options.logProbabilities === true,
    logit_bias: (options.sequenceBias ?? []).length > 0,
  };
  const [name] = Object.entries(asked).find(([, isAsked]) => isAsked) ?? [];
  if (name === undefined) return;
  const message = `The model of a run does not know ${name}: temperature, top_k, stop and seed it knows.`;
  throw new ServeError(400, 'unsupported_parameter', message, name);
}
