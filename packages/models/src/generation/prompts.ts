// SPDX-License-Identifier: Apache-2.0
// The beginnings of the texts that are to be written: checked, padded to one length, read by an encoder where there is one.

import { ArgumentError, describeValue, dispose, formatShape, keep } from '@nabla/core';

import {
  Decoding,
  type GenerativeModel,
  type MaskRows,
  type TokenRows,
  evaluating,
  modulesOf,
  isEncoderDecoder,
  tensorOf,
} from './decoding.ts';
import type { Encoded, EncoderDecoderModel } from './encoder-decoder-model.ts';
import type { GenerationConfig } from './generation-config.ts';
import { type LayeredPass, takePass } from './layered-pass.ts';
import { type GenerationSettings, type GenerationTask, checkTokens, isList } from './options.ts';
import { paceOf } from './reading-pace.ts';
import { sessionError } from './session.ts';
import { Turns } from './turns.ts';

/** Token ids of a batch. */
export interface GenerationInputs {
  /** One row for each prompt; rows of different lengths are padded, for a decoder on the left, for an encoder on the right. */
  readonly inputIds: TokenRows;
  /** 1 for a token, 0 for padding. Default: there is none but what was added here. */
  readonly attentionMask?: MaskRows | undefined;
}

/** What a decoder begins with. */
export interface Beginning {
  /** Rows of one length. */
  readonly rows: TokenRows;
  readonly mask: MaskRows | undefined;
  /** The rows without padding. */
  readonly texts: TokenRows;
  /** The prompts without padding: those rows, or what the encoder reads. */
  readonly sources: TokenRows;
  /** What the encoder reads, if there is one. */
  readonly read?: { readonly rows: TokenRows; readonly mask: MaskRows } | undefined;
}

/** One row of a beginning. */
export interface Prompt {
  readonly row: number;
  readonly text: readonly number[];
  readonly source: readonly number[];
}

/** The prompt of a row. */
export function promptOf({ texts, sources }: Beginning, row: number): Prompt {
  return { row, text: texts[row] ?? [], source: sources[row] ?? [] };
}

/**
 * Pads the prompts of a batch. What an encoder-decoder writes begins with its start token.
 *
 * @throws {ArgumentError} no prompt, an empty one, an id that is no token, a mask of other lengths (codes `PROMPT`, `TOKEN`)
 */
export function beginningOf(model: GenerativeModel, inputs: GenerationInputs, config: GenerationConfig): Beginning {
  const { inputIds: ids, attentionMask: given } = inputs;
  if (!isList(ids)) throw promptError('inputIds', 'to be a list of prompts', describeValue(ids));
  if (ids.length === 0) throw promptError('a batch of prompts', 'to have at least one', 'none');
  ids.forEach((row) => checkTokens('inputIds', row, model.vocabulary));
  if (given !== undefined) checkMask(ids, given);
  const time = Math.max(...ids.map((row) => row.length));
  const encoder = isEncoderDecoder(model);
  const filled =
    typeof config.pad_token_id === 'number' && config.pad_token_id < model.vocabulary ? config.pad_token_id : 0;
  const pad = (row: readonly number[], value: number): number[] => {
    const padding = new Array<number>(time - row.length).fill(value);
    return encoder ? [...row, ...padding] : [...padding, ...row];
  };
  const rows = ids.map((row) => pad(row, filled));
  const mask = ids.map((row, i) => pad(given?.[i] ?? new Array<number>(row.length).fill(1), 0));
  const texts = rows.map((row, i) => row.filter((_, at) => mask[i]?.[at] !== 0));
  if (texts.some((text) => text.length === 0)) {
    throw promptError('a prompt', 'to have at least one token', 'none');
  }
  if (!encoder) {
    if (mask.some((row) => row.at(-1) === 0)) {
      throw promptError('attentionMask', 'to have its padding on the left', 'a row that ends with padding');
    }
    return { rows, mask, texts, sources: texts };
  }
  const [start = model.decoderStart] = [config.decoder_start_token_id ?? undefined].flat();
  checkTokens('decoder_start_token_id', [start], model.vocabulary);
  const begun = rows.map(() => [start]);
  return { rows: begun, mask: undefined, texts: begun, sources: texts, read: { rows, mask } };
}

function checkMask(ids: TokenRows, mask: MaskRows): void {
  const lengths = (rows: TokenRows): string => formatShape(rows.map((row) => row.length));
  const expected = `to have rows as long as those of inputIds, ${lengths(ids)}`;
  if (lengths(ids) !== lengths(mask)) throw promptError('attentionMask', expected, lengths(mask));
  const wrong = mask.flat().find((value) => value !== 0 && value !== 1);
  if (wrong !== undefined) throw promptError('attentionMask', 'to be 1 for tokens and 0 for padding', String(wrong));
}

function promptError(argument: string, expected: string, received: string): ArgumentError {
  return new ArgumentError({ op: 'generate', argument, expected, received }, 'PROMPT');
}

/** What the options are resolved for. */
export function taskOf(model: GenerativeModel, { texts }: Beginning): GenerationTask {
  const begun = Math.max(...texts.map((text) => text.length));
  return { vocabulary: model.vocabulary, context: model.context ?? Infinity, begun };
}

/**
 * Ready to decode: for an encoder-decoder, with what the encoder made of the prompts, in one pass.
 *
 * @throws {ArgumentError} there is a session, and not one prompt without padding (code `SESSION`)
 * @throws the reason of the signal, where it was aborted meanwhile
 */
export async function startDecoding(
  model: GenerativeModel,
  { rows, texts, read }: Beginning,
  { cache, session, tokensPerPass, signal }: GenerationSettings,
): Promise<Decoding> {
  const options = { cache, tokensPerPass, signal };
  if (session !== undefined) {
    const [prompt = []] = texts;
    if (rows.length > 1 || rows[0]?.length !== prompt.length) {
      const received = rows.length > 1 ? `${rows.length} texts` : 'one with padding';
      throw sessionError('a session', 'to write one text without padding', received);
    }
    return new Decoding(model, { ...options, lent: session.lend(model, prompt) });
  }
  const encoded = read !== undefined && isEncoderDecoder(model) ? await encode(model, read, signal) : undefined;
  return new Decoding(model, { ...options, encoded });
}

/** What an encoder makes of the prompts: layer by layer, with turns of the event loop in between. */
async function encode(
  model: EncoderDecoderModel,
  { rows, mask }: { rows: TokenRows; mask: MaskRows },
  signal: AbortSignal | undefined,
): Promise<Encoded> {
  const attentionMask = mask.some((row) => row.includes(0)) ? keep(tensorOf(mask)) : undefined;
  const during = evaluating(modulesOf(model));
  const keepAll = ({ states, attentionMask: shown }: Encoded): Encoded => {
    return { states: keep(states.clone()), attentionMask: shown && keep(shown.clone()) };
  };
  try {
    const pass = function* (): LayeredPass {
      return yield* model.encodeByLayer(tensorOf(rows), attentionMask); // in the scope of its first step
    };
    const turns = new Turns(paceOf(model).clock, signal);
    return await takePass(pass(), turns, (states) => keepAll({ states, attentionMask }), during);
  } finally {
    dispose(attentionMask);
  }
}
