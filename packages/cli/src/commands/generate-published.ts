// SPDX-License-Identifier: Apache-2.0
// nabla generate with a published model: what the options of the command mean for it, and how its text is shown.

import { ArgumentError } from '@nabla/core';
import {
  type BatchOptions,
  type FinishReason,
  type TextModel,
  type WeightStorage,
  generate,
  generationDefaults,
  isEncoderDecoder,
  loadTextModel,
  writePieces,
} from '@nabla/models';

import { type DeviceChoiceName, chooseDevice } from '../device.ts';
import { type DrawingOptions, drawing } from '../drawing.ts';
import type { FoundModel } from '../find-model.ts';
import { untilInterrupted } from '../interrupt.ts';
import { refuseBest } from '../model.ts';
import type { Output } from '../output.ts';
import { tokenTexts } from '../token-text.ts';

/** What the options of the command say. */
export interface GenerateCommandOptions extends DrawingOptions {
  readonly prompt: string;
  readonly beams?: number | undefined;
  readonly firstToken?: string | undefined;
  readonly stop?: string[] | undefined;
  readonly json?: true | undefined;
  readonly device?: DeviceChoiceName | undefined;
  readonly storage?: WeightStorage | undefined;
  readonly best?: true | undefined;
}

/** New tokens where neither the command nor the folder says how many. */
const TOKENS = 100;

/** Loads a published model that writes, lends it to `use`, and frees it. */
export async function withTextModel<T>(
  { folder }: FoundModel,
  { device, storage }: { device?: DeviceChoiceName | undefined; storage?: WeightStorage | undefined },
  output: Output,
  use: (loaded: TextModel) => Promise<T>,
): Promise<T> {
  chooseDevice(device, output);
  const loaded = await loadTextModel(folder, { storage });
  try {
    return await use(loaded);
  } finally {
    loaded.model.dispose();
  }
}

export async function generateWithPublished(
  found: FoundModel,
  options: GenerateCommandOptions,
  output: Output,
): Promise<void> {
  refuseBest('generate', options.best);
  await withTextModel(found, options, output, async (loaded) => {
    const { model, tokenizer } = loaded;
    const { ids } = tokenizer.encode(options.prompt);
    const maximumNewTokens = await newTokens(loaded, ids.length, options.tokens);
    const settings = { ...drawing(options), firstToken: firstTokenOf(loaded, options), maximumNewTokens };
    const beams = options.beams ?? (await usualBeams(loaded, options));
    const json = options.json === true;
    const textOf = tokenTexts(tokenizer);
    const show = json ? showJson(found.source, options, output) : showText(loaded, options.prompt, output);
    await untilInterrupted(async (signal) => {
      if (!json) signal.addEventListener('abort', () => output.piece('\n'));
      if (beams > 1) {
        show.piece(await searched(loaded, ids, { ...settings, beams, signal }, options.stop ?? []));
      } else {
        const further = { stopStrings: options.stop, logProbabilities: json, signal };
        for await (const { text, token, finish } of writePieces(model, tokenizer, ids, { ...settings, ...further })) {
          show.piece({ text, finish, tokens: [{ ...token, text: textOf(token.id) }] });
        }
      }
      show.end();
    });
  });
}

/** @throws {ArgumentError} no token is written so (code `TOKEN`) */
function firstTokenOf({ tokenizer }: TextModel, { firstToken }: GenerateCommandOptions): number | undefined {
  const id = firstToken === undefined ? undefined : tokenizer.idOf(firstToken);
  if (firstToken === undefined || id !== undefined) return id;
  const hint = 'nabla tokenizer show MODEL TEXT shows how the tokens of a text are written.';
  const mismatch = { expected: 'to be a token of the model', received: firstToken, hint };
  throw new ArgumentError({ op: 'generate', argument: '--first-token', ...mismatch }, 'TOKEN');
}

/** How many tokens to add: as asked, as the folder says, or as many as there is room for, up to {@link TOKENS}. */
export async function newTokens(
  { model }: TextModel,
  prompt: number,
  asked: number | undefined,
  usual: number = TOKENS,
): Promise<number | undefined> {
  if (asked !== undefined) return asked;
  const { max_new_tokens: count, max_length: length } = await generationDefaults(model);
  if (typeof count === 'number' || typeof length === 'number') return undefined;
  const room = (model.context ?? Infinity) - (isEncoderDecoder(model) ? 1 : prompt);
  return room < 1 ? undefined : Math.min(usual, room);
}

/** Beams that the folder says, unless the options ask for something else. */
async function usualBeams({ model }: TextModel, options: GenerateCommandOptions): Promise<number> {
  const { temperature, topK, topP, minP, seed, greedy } = options;
  const other = [temperature, topK, topP, minP, seed, greedy].some((option) => option !== undefined);
  return other ? 1 : ((await generationDefaults(model)).num_beams ?? 1);
}

/** A token as it is printed. */
interface ShownToken {
  readonly id: number;
  readonly text: string;
  readonly logProbability?: number | undefined;
}

interface ShownPiece {
  readonly text: string;
  readonly finish?: FinishReason | undefined;
  readonly tokens: readonly ShownToken[];
}

/** The best text of a search, as one piece. */
async function searched(
  { model, tokenizer }: TextModel,
  ids: readonly number[],
  settings: BatchOptions,
  stopStrings: readonly string[],
): Promise<ShownPiece> {
  const decode = (tokens: readonly number[]): string => tokenizer.decode(tokens);
  const options = { ...settings, logProbabilities: true, returnedSequences: 1, stopStrings, decode };
  const { sequences, logProbabilities } = await generate(model, { inputIds: [ids] }, options);
  const begun = isEncoderDecoder(model) ? [] : ids;
  const [values = []] = logProbabilities ?? [];
  const [row = []] = sequences;
  const added = row.slice(isEncoderDecoder(model) ? 1 : ids.length).slice(0, values.length);
  const text = decode([...begun, ...added]).slice(decode(begun).length);
  const ends = stopStrings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  const textOf = tokenTexts(tokenizer);
  const tokens = added.map((id, i) => ({ id, text: textOf(id), logProbability: values[i] }));
  return { text: text.slice(0, Math.min(text.length, ...ends)), tokens };
}

interface Show {
  piece(piece: ShownPiece): void;
  end(): void;
}

/** Text as it comes; behind the prompt where the model writes on after it. */
function showText({ model }: TextModel, prompt: string, output: Output): Show {
  let before = isEncoderDecoder(model) ? '' : prompt; // not before the first piece: an error comes without
  return {
    piece({ text }): void {
      output.piece(before + text);
      before = '';
    },
    end: () => output.piece('\n'),
  };
}

/** All of it as one object. */
function showJson(source: string, { prompt }: GenerateCommandOptions, output: Output): Show {
  let [text, finish]: [string, FinishReason | undefined] = ['', undefined];
  const tokens: ShownToken[] = [];
  return {
    piece(piece): void {
      text += piece.text;
      finish = piece.finish;
      tokens.push(...piece.tokens.map(({ id, text: own, logProbability }) => ({ id, text: own, logProbability })));
    },
    end: () => output.result(JSON.stringify({ event: 'generate', model: source, prompt, text, finish, tokens })),
  };
}
