// SPDX-License-Identifier: Apache-2.0
// What writes for requests: a published model with its tokenizer, or the model of a run.

import { type ChatMessage, type PretrainedTokenizer, encodeChat } from '@nabla/data';
import {
  type GenerativeModel,
  type RestoredModel,
  StopStrings,
  type TextModel,
  type TextOptions,
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
  /** Why the text ends with this piece. */
  readonly finish?: 'stop' | 'length' | undefined;
}

/** What writes. */
export interface Writer {
  /** Tokens in its vocabulary. */
  readonly vocabulary: number;
  /** @throws {ServeError} the prompt is of a kind that it does not take */
  read(prompt: string | readonly number[]): Prompt;
  /** A conversation up to where it is to answer. */
  readConversation(messages: readonly ChatMessage[]): Prompt;
  /** Tokens that a text after the prompt may have; undefined: as many as are asked for. */
  room(prompt: Prompt): number | undefined;
  /** Writes; a piece for each token. */
  write(prompt: Prompt, options: TextOptions): AsyncIterable<WrittenPiece>;
  /** What a token reads like inside a text. */
  textOf(id: number): string;
  dispose(): void;
}

/** A published model, which takes all options. */
export class PublishedWriter implements Writer {
  readonly #model: GenerativeModel;
  readonly #tokenizer: PretrainedTokenizer;
  readonly textOf: (id: number) => string;

  constructor({ model, tokenizer }: TextModel) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.textOf = tokenTexts(tokenizer);
  }

  get vocabulary(): number {
    return this.#model.vocabulary;
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
    for await (const piece of writePieces(this.#model, this.#tokenizer, ids, { ...options, endTokens })) {
      const { text, token, finish } = piece;
      const { id, logProbability } = token;
      yield { text, id, logProbability, finish: finish === 'end' ? 'stop' : finish };
    }
  }

  dispose(): void {
    this.#model.dispose();
  }
}

/** The model of a run that writes character by character: it draws by temperature among the likeliest. */
export class RunWriter implements Writer {
  readonly vocabulary = 0;
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
function refuseUnknown({ topP = 1, minP = 0, repetitionPenalty = 1, logProbabilities, logitMask }: TextOptions): void {
  const asked = {
    top_p: topP !== 1,
    min_p: minP !== 0,
    repetition_penalty: repetitionPenalty !== 1,
    logprobs: logProbabilities === true,
    logit_bias: logitMask !== undefined,
  };
  const [name] = Object.entries(asked).find(([, isAsked]) => isAsked) ?? [];
  if (name === undefined) return;
  const message = `The model of a run does not know ${name}: temperature, top_k, stop and seed it knows.`;
  throw new ServeError(400, 'unsupported_parameter', message, name);
}
