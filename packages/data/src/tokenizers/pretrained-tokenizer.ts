// SPDX-License-Identifier: Apache-2.0
// The tokenizer of a published model: what its folder's tokenizer.json says, from texts to ids and back.

import { join } from 'node:path';
import { ArgumentError, checkBoolean, checkInteger, checkOneOf, checkOptions, checkText } from '@nabla/core';
import { writeWhole } from '../files.ts';
import { type Side, type Truncation, fill, makeRow, sides, truncations } from './pretrained/batch.ts';
import { type DecodeStep, chain } from './pretrained/decoders.ts';
import { JsonFields } from './pretrained/json-fields.ts';
import { Pipeline } from './pretrained/pipeline.ts';
import {
  type SpecialRole,
  type SpecialTokens,
  addNamedTokens,
  completeSpecialTokens,
  readNamedTokens,
} from './pretrained/special-tokens.ts';
import { cleanUpText, endOfWords } from './pretrained/text-steps.ts';
import { type TokenizerFiles, readTokenizerFiles } from './pretrained/tokenizer-files.ts';

/** What {@link PretrainedTokenizer.encode} can be told. */
export interface EncodeOptions {
  /** A second text, such as the answer to a question. */
  readonly pair?: string | undefined;
  /** Whether to add the tokens that the model wants around a text; default true. */
  readonly addSpecialTokens?: boolean | undefined;
}

/** A text as a model takes it; all lists are of one length. */
export interface Encoding {
  readonly ids: number[];
  /** 1 for every token: a model attends to all. */
  readonly attentionMask: number[];
  /** 0 for the tokens of the first text, 1 for those of the second, as the model's template has it. */
  readonly typeIds: number[];
}

/** A text, or a pair of them. */
export type TextOrPair = string | readonly [string, string];

/** What {@link PretrainedTokenizer.encodeBatch} can be told. */
export interface EncodeBatchOptions {
  /** Fills up the rows to the longest, or to a number of tokens; default: they stay as long as they are. */
  readonly padding?: 'longest' | number | undefined;
  /** Where to fill up; default what the folder says, else `right`. A model that goes on with the text wants `left`. */
  readonly paddingSide?: Side | undefined;
  /** The most tokens of a row, special tokens among them; default: no limit, or the model's own where `truncation` is given. */
  readonly maximumLength?: number | undefined;
  /** Which text of a pair is cut where a row is too long; default `longest_first`. */
  readonly truncation?: Truncation | undefined;
  readonly addSpecialTokens?: boolean | undefined;
}

/** Texts as rows, `[batch][length]`, with the names that Hugging Face's models have for them. */
export interface EncodedBatch {
  readonly inputIds: number[][];
  /** 1 for a token, 0 where a row was filled up. */
  readonly attentionMask: number[][];
  readonly tokenTypeIds: number[][];
}

/** What {@link PretrainedTokenizer.decode} can be told. */
export interface DecodeOptions {
  /** Whether to leave special tokens out of the text; default true. */
  readonly skipSpecialTokens?: boolean | undefined;
  /** Whether to take out spaces before punctuation; default what the folder says, else not. */
  readonly cleanUp?: boolean | undefined;
}

/** Makes text of ids as they come. */
export interface StreamDecoder {
  /** The text that the id settles, which may be none: half a character, or a space that may yet go, waits for what follows. */
  push(id: number): string;
  /** The rest, after the last id. The decoder is new again then. */
  flush(): string;
}

/**
 * The tokenizer of a published model. `transformers` in Python gives the same ids and the same texts.
 *
 * @see https://huggingface.co/docs/tokenizers
 * @example
 * await (await trainBytePairEncoding(['low lower low'], { vocabularySize: 260 })).save('folder');
 * const tokenizer = await PretrainedTokenizer.fromFolder('folder');
 * const { ids } = tokenizer.encode('low low');
 * [ids, tokenizer.tokenOf(259), tokenizer.decode(ids)]; // [[258, 259], 'Ġlow', 'low low']
 */
export class PretrainedTokenizer {
  /** One more than the largest id: the rows that an embedding needs. */
  readonly size: number;
  /** The template of a conversation, in Jinja, if the folder has one. */
  readonly chatTemplate: string | undefined;
  /** The most tokens that the model takes, if the folder says it. */
  readonly modelMaximumLength: number | undefined;
  readonly #files: TokenizerFiles;
  readonly #pipeline: Pipeline;
  readonly #special: SpecialTokens;
  readonly #tokens: ReadonlyMap<number, string>;
  readonly #skipped: ReadonlySet<number>;
  readonly #cleanUp: boolean;
  readonly #paddingSide: Side;
  readonly #truncationSide: Side;

  private constructor(files: TokenizerFiles) {
    this.#files = files;
    const { tokenizer, config, specialTokensMap } = files;
    const named = readNamedTokens([config, specialTokensMap].filter((fields) => fields !== undefined));
    this.#pipeline = new Pipeline(tokenizer, (more, { vocabulary }) => addNamedTokens(more, vocabulary, files, named));
    const { model, added } = this.#pipeline;
    this.#tokens = new Map([
      ...Array.from(model.vocabulary, ([token, id]) => [id, token] as const),
      ...Array.from(added.values(), ({ id, content }) => [id, content] as const),
    ]);
    this.#special = completeSpecialTokens(named, (token) => added.has(token) || model.vocabulary.has(token));
    this.#skipped = new Set([...added.values()].filter((token) => token.special).map(({ id }) => id));
    this.size = 1 + [...this.#tokens.keys()].reduce((largest, id) => Math.max(largest, id), -1);
    this.chatTemplate = files.chatTemplate ?? readChatTemplate(config);
    this.modelMaximumLength = readMaximumLength(config);
    this.#cleanUp = config?.flag('clean_up_tokenization_spaces', false) ?? false;
    this.#paddingSide = config?.oneOf('padding_side', sides, 'right') ?? 'right';
    this.#truncationSide = config?.oneOf('truncation_side', sides, 'right') ?? 'right';
  }

  /**
   * The tokenizer of a folder from the Hugging Face hub: tokenizer.json, or the older vocab.txt (BERT) or vocab.json and merges.txt
   * (GPT-2, RoBERTa, CLIP), with tokenizer_config.json, special_tokens_map.json, added_tokens.json and chat_template.jinja where they are.
   *
   * @throws {ArgumentError} a file is missing, is no JSON, or says what is not known: names file and field (code `FILE`, `TEXT` or
   *   `TOKENIZER`)
   */
  static async fromFolder(folder: string): Promise<PretrainedTokenizer> {
    checkText('PretrainedTokenizer.fromFolder', 'folder', folder);
    return new PretrainedTokenizer(await readTokenizerFiles(folder));
  }

  /**
   * The tokenizer of a parsed tokenizer.json.
   *
   * @param json    the parsed file
   * @param config  the parsed tokenizer_config.json, if there is one
   * @throws {ArgumentError} it says what is not known: names the field (code `TOKENIZER`)
   */
  static fromJSON(json: unknown, config?: unknown): PretrainedTokenizer {
    const settings = config === undefined ? {} : { config: new JsonFields('tokenizer_config.json', config) };
    return new PretrainedTokenizer({ tokenizer: new JsonFields('tokenizer.json', json), ...settings });
  }

  /** The content of tokenizer.json, with the added tokens that the folder's other files name. */
  toJSON(): Readonly<Record<string, unknown>> {
    const added = [...this.#pipeline.added.values()].sort((a, b) => a.id - b.id);
    return { ...this.#files.tokenizer.toJSON(), added_tokens: added };
  }

  /**
   * Writes the tokenizer's files into a folder, as Hugging Face's libraries read them: tokenizer.json, and what the folder that it came from
   * had beside it.
   *
   * @throws {ArgumentError} a file cannot be written (code `FILE`)
   */
  async save(folder: string): Promise<void> {
    const { config, specialTokensMap, addedTokens, chatTemplate } = this.#files;
    const op = 'PretrainedTokenizer.save';
    const files = {
      tokenizer: this,
      tokenizer_config: config,
      special_tokens_map: specialTokensMap,
      added_tokens: addedTokens,
    };
    for (const [name, content] of Object.entries(files)) {
      if (content === undefined) continue;
      await writeWhole(op, join(folder, `${name}.json`), `${JSON.stringify(content, undefined, 2)}\n`);
    }
    if (chatTemplate !== undefined) await writeWhole(op, join(folder, 'chat_template.jinja'), chatTemplate);
  }

  /** The id of the token that begins a text; undefined where there is none, as for all of these. */
  get bosId(): number | undefined {
    return this.#specialId('bos');
  }
  /** … that ends a text. */
  get eosId(): number | undefined {
    return this.#specialId('eos');
  }
  /** … that fills up a batch. */
  get padId(): number | undefined {
    return this.#specialId('pad');
  }
  /** … for what the vocabulary lacks. */
  get unkId(): number | undefined {
    return this.#specialId('unk');
  }
  /** … whose output stands for the whole text. */
  get clsId(): number | undefined {
    return this.#specialId('cls');
  }
  /** … between two texts. */
  get sepId(): number | undefined {
    return this.#specialId('sep');
  }
  /** … that the model is to replace. */
  get maskId(): number | undefined {
    return this.#specialId('mask');
  }

  /** The id of a token as the vocabulary writes it (`Ġworld`), or undefined. */
  idOf(token: string): number | undefined {
    return this.#pipeline.added.get(token)?.id ?? this.#pipeline.model.vocabulary.get(token);
  }

  /** The token of an id as the vocabulary writes it, or undefined. */
  tokenOf(id: number): string | undefined {
    return this.#tokens.get(id);
  }

  /**
   * A text as ids. Half a surrogate pair, which is no character, is taken for U+FFFD.
   *
   * @throws {ArgumentError} the vocabulary lacks a word and has no token for unknown ones (code `TOKENIZER`)
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    const op = 'PretrainedTokenizer.encode';
    checkOptions(op, options, ['pair', 'addSpecialTokens']);
    const { pair, addSpecialTokens = true } = options;
    checkBoolean(op, 'addSpecialTokens', addSpecialTokens);
    const texts = this.#encodeTexts(op, pair === undefined ? text : [text, pair]);
    const { ids, typeIds } = makeRow(op, texts, this.#pipeline.template, addSpecialTokens);
    return { ids, attentionMask: ids.map(() => 1), typeIds };
  }

  /**
   * Texts or pairs of texts as rows, cut and filled up as asked.
   *
   * @throws {ArgumentError} an option is wrong, there is no token to fill up with (code `PADDING`), or the special tokens alone are longer
   *   than `maximumLength` (code `LENGTH`)
   * @example
   * const tokenizer = await trainWordPiece(['a man eats'], { vocabularySize: 20 });
   * const { attentionMask } = tokenizer.encodeBatch(['a', 'a a'], { padding: 'longest' });
   * attentionMask; // [[1, 1, 1, 0], [1, 1, 1, 1]]
   */
  encodeBatch(texts: readonly TextOrPair[], options: EncodeBatchOptions = {}): EncodedBatch {
    const op = 'PretrainedTokenizer.encodeBatch';
    checkOptions(op, options, ['padding', 'paddingSide', 'maximumLength', 'truncation', 'addSpecialTokens']);
    const { padding, paddingSide = this.#paddingSide, truncation, addSpecialTokens = true } = options;
    checkBoolean(op, 'addSpecialTokens', addSpecialTokens);
    checkOneOf(op, 'paddingSide', paddingSide, sides);
    if (padding !== undefined && padding !== 'longest') checkInteger(op, 'padding', padding, { minimum: 0 });
    const maximumLength = options.maximumLength ?? (truncation === undefined ? undefined : this.#ownLimit(op));
    if (maximumLength !== undefined) checkInteger(op, 'maximumLength', maximumLength, { minimum: 0 });
    const which = truncation ?? 'longest_first';
    checkOneOf(op, 'truncation', which, truncations);
    const cut =
      maximumLength === undefined ? undefined : { maximumLength, truncation: which, side: this.#truncationSide };

    const rows = texts.map((text) =>
      makeRow(op, this.#encodeTexts(op, text), this.#pipeline.template, addSpecialTokens, cut),
    );
    const longest = rows.reduce((length, { ids }) => Math.max(length, ids.length), 0);
    const length = padding === undefined ? 0 : padding === 'longest' ? longest : padding;
    const padId = rows.some(({ ids }) => ids.length < length) ? this.#paddingId(op) : 0;
    return {
      inputIds: rows.map(({ ids }) => fill(ids, length, padId, paddingSide)),
      attentionMask: rows.map(({ ids }) =>
        fill(
          ids.map(() => 1),
          length,
          0,
          paddingSide,
        ),
      ),
      tokenTypeIds: rows.map(({ typeIds }) => fill(typeIds, length, 0, paddingSide)),
    };
  }

  /**
   * The text of ids. An id that has no token, as models whose vocabulary was rounded up can make them, is nothing, as in Python.
   *
   * @throws {ArgumentError} an id is no integer of at least 0
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const decoder = this.#streamDecoder('PretrainedTokenizer.decode', options);
    let text = '';
    for (const id of ids) text += decoder.push(id);
    return text + decoder.flush();
  }

  /**
   * A decoder for ids that come one by one. All that it gives, put together, is what {@link decode} gives for all ids.
   *
   * @example
   * const bytes = await trainBytePairEncoding(['a'], { vocabularySize: 257 });
   * const decoder = bytes.streamDecoder();
   * bytes.encode('a你').ids.map((id) => decoder.push(id)); // ['a', '', '', '你']
   */
  streamDecoder(options: DecodeOptions = {}): StreamDecoder {
    return this.#streamDecoder('PretrainedTokenizer.streamDecoder', options);
  }

  #streamDecoder(op: string, options: DecodeOptions): StreamDecoder {
    checkOptions(op, options, ['skipSpecialTokens', 'cleanUp']);
    const { skipSpecialTokens = true, cleanUp = this.#cleanUp } = options;
    checkBoolean(op, 'skipSpecialTokens', skipSpecialTokens);
    checkBoolean(op, 'cleanUp', cleanUp);
    const make = (): DecodeStep => chain(this.#decodeSteps(cleanUp));
    let steps = make();
    return {
      push: (id) => {
        checkInteger(op, 'ids', id, { minimum: 0 });
        const token = skipSpecialTokens && this.#skipped.has(id) ? undefined : this.#tokens.get(id);
        return token === undefined ? '' : steps.push(token).join('');
      },
      flush: () => {
        const rest = steps.end().join('');
        steps = make();
        return rest;
      },
    };
  }

  #decodeSteps(cleanUp: boolean): DecodeStep[] {
    const suffix = this.#pipeline.model.endOfWordSuffix;
    return [
      this.#pipeline.decoder(),
      ...(suffix === undefined ? [] : [endOfWords(suffix)]),
      ...(cleanUp ? [cleanUpText()] : []),
    ];
  }

  #encodeTexts(op: string, text: TextOrPair): readonly [number[]] | readonly [number[], number[]] {
    const encode = (value: unknown, argument: string): number[] => {
      checkText(op, argument, value);
      return this.#pipeline.encode(wellFormed(value));
    };
    if (typeof text === 'string' || !Array.isArray(text)) return [encode(text, 'text')];
    const [first, second] = text;
    return [encode(first, 'text'), encode(second, 'pair')];
  }

  #specialId(role: SpecialRole): number | undefined {
    const token = this.#special[role];
    return token === undefined ? undefined : this.idOf(token);
  }

  #paddingId(op: string): number {
    const { padId } = this;
    if (padId !== undefined) return padId;
    const hint = 'Name one in tokenizer_config.json: "pad_token". GPT-2 and Llama are often given their end token.';
    const received = 'none, and rows of different lengths';
    throw new ArgumentError(
      { op, argument: 'the tokenizer', expected: 'to have a token to pad with', received, hint },
      'PADDING',
    );
  }

  #ownLimit(op: string): number {
    const { modelMaximumLength } = this;
    if (modelMaximumLength !== undefined) return modelMaximumLength;
    const expected = 'to be given with truncation, since the tokenizer names no length of its own';
    throw new ArgumentError({ op, argument: 'maximumLength', expected, received: 'nothing' }, 'LENGTH');
  }
}

/** Half a surrogate pair is no character: U+FFFD, as UTF-8 encoders write it. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** Hugging Face writes 1e30 where there is no limit. */
function readMaximumLength(config: JsonFields | undefined): number | undefined {
  const value = config?.value('model_max_length');
  if (config === undefined || value === undefined) return undefined;
  if (typeof value === 'number' && value > 1e9) return undefined;
  return config.integer('model_max_length', 1, 1e9);
}

/** One template, or a list of them with names, of which `default` is the one. */
function readChatTemplate(config: JsonFields | undefined): string | undefined {
  if (config === undefined || !Array.isArray(config.value('chat_template')))
    return config?.optionalText('chat_template');
  const templates = config.objects('chat_template');
  return (templates.find((template) => template.text('name') === 'default') ?? templates[0])?.text('template');
}
