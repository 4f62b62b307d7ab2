// SPDX-License-Identifier: Apache-2.0
// How to write: the options of generation, with transformers' meaning, and what they come to for a model and a prompt.

import {
  ArgumentError,
  Generator,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  describeValue,
} from '@nabla/core';

import { type GenerationConfig, MOST_SEQUENCES } from './generation-config.ts';
import type { LogitMask, LogitSettings, SequenceBias } from './logit-settings.ts';
import { GenerationSession, sessionError } from './session.ts';

/** New tokens where neither the caller nor generation_config.json says how many, as in transformers. */
const NEW_TOKENS = 20;
/** New tokens on the word of a file alone, at most: a model such as T5 has no context that would end its text. Callers may ask for more. */
const MOST_BY_FILE = 1 << 15;
/** Tokens that are drawn from where nobody says how many, as in transformers. */
const TOP_K = 50;

/** What is said of writing; what is not is as the model's generation_config.json says, else as transformers has it. */
export interface GenerationOptions {
  /** Tokens to add, at most. Default 20, or what the model's configuration says, as far as its context reaches; up to 32,768. */
  readonly maximumNewTokens?: number | undefined;
  /** Tokens before which no text ends; default 0. */
  readonly minimumNewTokens?: number | undefined;
  /**
   * Whether tokens are drawn; else the likeliest is taken. Default true where an option of drawing is given (`temperature`, `topK`,
   * `topP`, `minP`, `typicalP`, `epsilonCutoff`, `etaCutoff`, `generator`), else `do_sample` of the model's configuration.
   */
  readonly sample?: boolean | undefined;
  /** Divides the logits: below 1 bolder, above 1 more varied; 0 takes the likeliest. Default 1. */
  readonly temperature?: number | undefined;
  /** Draw among this many likeliest tokens; 0: among all. Default 50. */
  readonly topK?: number | undefined;
  /** Draw among the fewest likeliest tokens that have this probability together. Default 1: among all. */
  readonly topP?: number | undefined;
  /** Draw among tokens that are at least this share as probable as the likeliest. Default 0: among all. */
  readonly minP?: number | undefined;
  /** Draw among the tokens of most typical information that have this probability together. Default 1: among all. */
  readonly typicalP?: number | undefined;
  /** Draw among tokens of at least this probability. Default 0: among all. */
  readonly epsilonCutoff?: number | undefined;
  /** The same, and the less the more evenly they are spread. Default 0: among all. */
  readonly etaCutoff?: number | undefined;
  /** Divides positive logits of tokens that the text has already, multiplies negative ones. Default 1: no penalty. */
  readonly repetitionPenalty?: number | undefined;
  /** Subtracted from the logits of tokens that were written. Default 0. */
  readonly presencePenalty?: number | undefined;
  /** The same, each time that they were. Default 0. */
  readonly frequencyPenalty?: number | undefined;
  /** Added to the logit of the last token of a sequence where its others stand. Default: to none. */
  readonly sequenceBias?: readonly SequenceBias[] | undefined;
  /** No sequence of this many tokens occurs twice. Default 0: any may. */
  readonly noRepeatNgramSize?: number | undefined;
  /** Sequences of tokens that are not written. */
  readonly badWords?: readonly (readonly number[])[] | undefined;
  /** The only tokens that are written. */
  readonly allowedTokens?: readonly number[] | undefined;
  /** The token that is written first, such as that of a language. Default: what the configuration of a translator or summariser forces. */
  readonly firstToken?: number | undefined;
  /** Tokens that are not written. */
  readonly forbiddenTokens?: readonly number[] | undefined;
  /** Changes the logits of every step in place, before temperature. */
  readonly logitMask?: LogitMask | undefined;
  /** Tokens that end a text; default those of the model's configuration; `[]`: none does. */
  readonly endTokens?: number | readonly number[] | undefined;
  /** Fills up rows that have ended. Default that of the model's configuration, else the first end token. */
  readonly padToken?: number | undefined;
  /** A text ends as soon as one of these is in what was written. */
  readonly stopStrings?: readonly string[] | undefined;
  /** The text of tokens; needed for `stopStrings`. */
  readonly decode?: ((tokens: readonly number[]) => string) | undefined;
  /** Draws the tokens. Default `new Generator(0)`: the same text each time. */
  readonly generator?: Generator | undefined;
  /** Whether the logarithm of each token's probability is told, as the model has it before all rules. Default false. */
  readonly logProbabilities?: boolean | undefined;
  /**
   * How many of the likeliest tokens are told in the place of each, by the probabilities that the model gives them: fewer where the
   * vocabulary has fewer. Default 0.
   */
  readonly likeliestTokens?: number | undefined;
  /** Whether keys and values are kept from step to step; default true. Without, every step computes the whole text anew. */
  readonly cache?: boolean | undefined;
  /** Keeps them from text to text as well: what the next one begins with alike is not read again. One text, no beams. */
  readonly session?: GenerationSession | undefined;
  /**
   * Tokens of a prompt that are read at once, before the event loop turns. Default: as many as take a moment, by the time that those
   * before them took; since sums are rounded in another order then, the last bits of the logits may be others from time to time.
   */
  readonly tokensPerPass?: number | undefined;
  /** Stops before the next token; the error is its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What all options come to. */
export interface GenerationSettings extends LogitSettings {
  readonly sample: boolean;
  /** Whether scores are made log-probabilities again after the rules. */
  readonly renormalize: boolean;
  readonly padToken: number;
  readonly stopStrings: readonly string[];
  readonly decode: (tokens: readonly number[]) => string;
  readonly generator: Generator;
  readonly logProbabilities: boolean;
  readonly likeliestTokens: number;
  readonly cache: boolean;
  readonly session: GenerationSession | undefined;
  readonly tokensPerPass: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Options of a batch, of which each text may be searched for with beams. */
export interface BatchOptions extends Omit<GenerationOptions, 'likeliestTokens'> {
  /** Texts for each prompt, with beams as many at most. Default 1, or what the model's configuration says. */
  readonly returnedSequences?: number | undefined;
  /** Texts that are written at once to find the likeliest. Default 1 (no search), or what the model's configuration says. */
  readonly beams?: number | undefined;
  /** Power of its length by which a text's score is divided: above 0 favours long ones. Default 1. */
  readonly lengthPenalty?: number | undefined;
  /**
   * When a search with as many finished texts as beams is over: true, at once; false, when the best running text would not be better if it
   * ended now; `never`, when it cannot become better at any length. Default false.
   */
  readonly earlyStopping?: boolean | 'never' | undefined;
}

/** What all options of a batch come to. */
export interface BeamSettings extends GenerationSettings {
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  readonly returnedSequences: number;
}

/** Names of {@link GenerationOptions}, for checks. */
export const generationOptionNames = [
  ...['maximumNewTokens', 'minimumNewTokens', 'sample', 'temperature', 'topK', 'topP', 'minP', 'typicalP'],
  ...['epsilonCutoff', 'etaCutoff', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty', 'sequenceBias'],
  ...['noRepeatNgramSize', 'badWords', 'firstToken', 'allowedTokens', 'forbiddenTokens', 'logitMask'],
  ...['endTokens', 'padToken', 'stopStrings', 'decode', 'generator', 'logProbabilities', 'likeliestTokens'],
  ...['cache', 'session', 'tokensPerPass', 'signal'],
];

/** What options are resolved for. */
export interface GenerationTask {
  readonly vocabulary: number;
  /** Tokens that a decoder sees at once, at most. */
  readonly context: number;
  /** Tokens that the decoder begins with: the longest prompt, or the start token of an encoder-decoder. */
  readonly begun: number;
}

/**
 * What options and a model's configuration come to.
 *
 * @throws {ArgumentError} an option is not what it must be (codes `OPTION`, `ARGUMENT`), or the text would not fit the
 *   context (code `CONTEXT`)
 */
export function resolveOptions(
  options: GenerationOptions,
  config: GenerationConfig,
  task: GenerationTask,
): GenerationSettings {
  checkGenerationOptions(options, task.vocabulary);
  const endTokens = listOf(options.endTokens ?? config.eos_token_id);
  const temperature = options.temperature ?? config.temperature ?? 1;
  return {
    ...lengths(options, config, task),
    sample: temperature > 0 && (options.sample ?? (asksToDraw(options) || config.do_sample === true)),
    temperature: temperature > 0 ? temperature : 1,
    topK: options.topK ?? config.top_k ?? TOP_K,
    topP: options.topP ?? config.top_p ?? 1,
    minP: options.minP ?? config.min_p ?? 0,
    typicalP: options.typicalP ?? config.typical_p ?? 1,
    epsilonCutoff: options.epsilonCutoff ?? config.epsilon_cutoff ?? 0,
    etaCutoff: options.etaCutoff ?? config.eta_cutoff ?? 0,
    leastKept: 1,
    renormalize: config.renormalize_logits ?? false,
    sequenceBias: options.sequenceBias ?? config.sequence_bias ?? [],
    encoderRepetitionPenalty: config.encoder_repetition_penalty ?? 1,
    repetitionPenalty: options.repetitionPenalty ?? config.repetition_penalty ?? 1,
    presencePenalty: options.presencePenalty ?? 0,
    frequencyPenalty: options.frequencyPenalty ?? 0,
    noRepeatNgramSize: options.noRepeatNgramSize ?? config.no_repeat_ngram_size ?? 0,
    encoderNoRepeatNgramSize: config.encoder_no_repeat_ngram_size ?? 0,
    badWords: options.badWords ?? config.bad_words_ids ?? [],
    allowedTokens: options.allowedTokens,
    forbiddenTokens: [...(config.suppress_tokens ?? []), ...(options.forbiddenTokens ?? [])],
    forbiddenFirst: config.begin_suppress_tokens ?? [],
    forcedFirst: options.firstToken ?? (task.begun === 1 ? (config.forced_bos_token_id ?? undefined) : undefined),
    forcedLast: listOf(config.forced_eos_token_id),
    endGrowth: endGrowthOf(config),
    repairLogits: config.remove_invalid_values ?? false,
    logitMask: options.logitMask,
    endTokens,
    padToken: options.padToken ?? config.pad_token_id ?? endTokens[0] ?? 0,
    stopStrings: stopStringsOf(options, config),
    decode: options.decode ?? ((): string => ''),
    generator: options.generator ?? new Generator(0),
    logProbabilities: options.logProbabilities ?? false,
    likeliestTokens: options.likeliestTokens ?? 0,
    cache: options.cache ?? config.use_cache ?? true,
    session: options.session,
    tokensPerPass: options.tokensPerPass,
    signal: options.signal,
  };
}

/**
 * The same for a batch.
 *
 * @throws {ArgumentError} as {@link resolveOptions}; fewer beams than texts are wanted, or several with a session (code `SESSION`)
 */
export function resolveBatchOptions(
  options: BatchOptions,
  config: GenerationConfig,
  task: GenerationTask,
): BeamSettings {
  const op = 'generate';
  const beams = options.beams ?? config.num_beams ?? 1;
  const lengthPenalty = options.lengthPenalty ?? config.length_penalty ?? 1;
  const returnedSequences = options.returnedSequences ?? config.num_return_sequences ?? 1;
  const earlyStopping = options.earlyStopping ?? config.early_stopping ?? false;
  checkInteger(op, 'beams', beams, { minimum: 1, maximum: MOST_SEQUENCES });
  const mostReturned = beams > 1 ? beams : MOST_SEQUENCES;
  checkInteger(op, 'returnedSequences', returnedSequences, { minimum: 1, maximum: mostReturned });
  checkNumber(op, 'lengthPenalty', lengthPenalty);
  if (earlyStopping !== 'never') checkBoolean(op, 'earlyStopping', earlyStopping);
  const settings = resolveOptions(options, config, task);
  if (settings.session !== undefined && Math.max(beams, returnedSequences) > 1) {
    throw sessionError('a session', 'to write one text', beams > 1 ? `${beams} beams` : `${returnedSequences} texts`);
  }
  const leastKept = beams > 1 ? settings.endTokens.length + 1 : 1; // so that a beam can go on whatever ends it
  return { ...settings, leastKept, beams, lengthPenalty, earlyStopping, returnedSequences };
}

/** Options that say how tokens are drawn. */
const DRAWING = ['temperature', 'topK', 'topP', 'minP', 'typicalP', 'epsilonCutoff', 'etaCutoff', 'generator'] as const;

function asksToDraw(options: GenerationOptions): boolean {
  return DRAWING.some((name) => options[name] !== undefined);
}

function endGrowthOf({ exponential_decay_length_penalty: given }: GenerationConfig): LogitSettings['endGrowth'] {
  if (given === null || given === undefined) return undefined;
  const [from, factor] = given;
  return { from, factor };
}

/** @throws {ArgumentError} there are some, and nothing that makes text of tokens */
function stopStringsOf({ stopStrings, decode }: GenerationOptions, config: GenerationConfig): readonly string[] {
  const strings = stopStrings ?? [config.stop_strings ?? []].flat();
  checkStopStrings(strings);
  if (strings.length === 0 || decode !== undefined) return strings;
  const hint =
    'Stop strings are looked for in text: give the function that makes text of tokens, or leave them out: [].';
  const mismatch = { expected: 'to be a function', received: 'none', hint };
  throw new ArgumentError({ op: 'generate', argument: 'decode', ...mismatch });
}

/** How many tokens may and must be written; `max_length` and `min_length` of a configuration count those of the beginning too. */
function lengths(
  options: GenerationOptions,
  config: GenerationConfig,
  { begun, context }: GenerationTask,
): Pick<GenerationSettings, 'maximumNewTokens' | 'minimumNewTokens'> {
  const room = context - begun;
  const asked = options.maximumNewTokens;
  if (room < 1 || (asked ?? 0) > room) {
    const expected = `to fit into the model's context of ${context} tokens`;
    const received = asked === undefined ? `${begun}` : `${begun} and ${asked} new ones`;
    const hint = 'Shorten the prompt, or ask for fewer new tokens.';
    throw new ArgumentError({ op: 'generate', argument: 'the tokens', expected, received, hint }, 'CONTEXT');
  }
  const byLength = typeof config.max_length === 'number' ? config.max_length - begun : NEW_TOKENS;
  const usual = config.max_new_tokens ?? (byLength > 0 ? byLength : NEW_TOKENS);
  const maximumNewTokens = asked ?? Math.min(usual, room, MOST_BY_FILE);
  const least = config.min_new_tokens ?? Math.max(0, (config.min_length ?? 0) - begun);
  const minimumNewTokens = options.minimumNewTokens ?? Math.min(least, maximumNewTokens);
  return { maximumNewTokens, minimumNewTokens };
}

function checkGenerationOptions(options: GenerationOptions, vocabulary: number): void {
  const op = 'generate';
  const given = <Name extends keyof GenerationOptions>(
    name: Name,
    check: (value: NonNullable<GenerationOptions[Name]>) => void,
  ): void => {
    const value = options[name];
    if (value !== undefined && value !== null) check(value);
  };
  const integers = {
    maximumNewTokens: 1,
    minimumNewTokens: 0,
    topK: 0,
    noRepeatNgramSize: 0,
    likeliestTokens: 0,
    tokensPerPass: 1,
  } as const;
  for (const [name, minimum] of Object.entries(integers) as [keyof typeof integers, number][]) {
    given(name, (value) => checkInteger(op, name, value, { minimum }));
  }
  for (const name of ['sample', 'logProbabilities', 'cache'] as const) {
    given(name, (value) => checkBoolean(op, name, value));
  }
  given('temperature', (value) => checkNumber(op, 'temperature', value, { minimum: 0 }));
  given('topP', (value) => checkNumber(op, 'topP', value, { minimum: 0, maximum: 1 }));
  given('minP', (value) => checkNumber(op, 'minP', value, { minimum: 0, maximum: 1 }));
  given('typicalP', (value) => checkNumber(op, 'typicalP', value, { above: 0, maximum: 1 }));
  given('epsilonCutoff', (value) => checkNumber(op, 'epsilonCutoff', value, { minimum: 0, maximum: 1 }));
  given('etaCutoff', (value) => checkNumber(op, 'etaCutoff', value, { minimum: 0, maximum: 1 }));
  given('repetitionPenalty', (value) => checkNumber(op, 'repetitionPenalty', value, { above: 0 }));
  given('presencePenalty', (value) => checkNumber(op, 'presencePenalty', value));
  given('frequencyPenalty', (value) => checkNumber(op, 'frequencyPenalty', value));
  given('sequenceBias', (biases) => {
    for (const pair of biases) {
      checkPair(pair);
      const [tokens, bias] = pair;
      checkTokens('sequenceBias', tokens, vocabulary);
      checkNumber(op, 'sequenceBias', bias);
    }
  });
  for (const name of ['firstToken', 'allowedTokens', 'forbiddenTokens', 'endTokens', 'padToken'] as const) {
    given(name, (value) => checkTokens(name, listOf(value), vocabulary));
  }
  given('badWords', (words) => {
    for (const word of words) checkTokens('badWords', word, vocabulary);
  });
  given('session', (session: unknown) => {
    if (!(session instanceof GenerationSession))
      throw sessionError('session', 'to be a GenerationSession', 'another value');
    if (options.cache === false) throw sessionError('cache', 'not to be false with a session', 'false');
  });
}

/** @throws {ArgumentError} one is empty: a text would end before it begins */
export function checkStopStrings(strings: readonly string[]): void {
  if (Array.isArray(strings) && strings.every((stop) => typeof stop === 'string' && stop !== '')) return;
  const received = describeValue(strings);
  const expected = 'to be texts that are not empty';
  throw new ArgumentError({ op: 'generate', argument: 'stopStrings', expected, received });
}

/** @throws {ArgumentError} not tokens and what is added to the logit of the last of them */
function checkPair(pair: unknown): void {
  if (Array.isArray(pair) && pair.length === 2) return;
  const received = describeValue(pair);
  const expected = 'to be pairs of tokens and a number';
  throw new ArgumentError({ op: 'generate', argument: 'sequenceBias', expected, received });
}

/** @throws {ArgumentError} no list, or one is no token of the vocabulary (code `TOKEN`) */
export function checkTokens(argument: string, tokens: readonly number[], vocabulary: number): void {
  if (!isList(tokens)) {
    const received = describeValue(tokens);
    throw new ArgumentError({ op: 'generate', argument, expected: 'to be a list of tokens', received }, 'TOKEN');
  }
  const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
  if (wrong === undefined) return;
  const expected = `to be tokens of the vocabulary, 0 to ${vocabulary - 1}`;
  throw new ArgumentError({ op: 'generate', argument, expected, received: String(wrong) }, 'TOKEN');
}

/** Whether a value is a list of any kind, whatever its type says. */
export function isList(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function listOf(tokens: number | readonly number[] | null | undefined): readonly number[] {
  return typeof tokens === 'number' ? [tokens] : (tokens ?? []);
}

/** Names of {@link BatchOptions}, for checks. */
const batchOptionNames = [
  ...generationOptionNames.filter((name) => name !== 'likeliestTokens'),
  ...['returnedSequences', 'beams', 'lengthPenalty', 'earlyStopping'],
];

/** @throws {ArgumentError} a name that is no option of one text (code `OPTION`) */
export function checkOptionNames(options: object): void {
  checkOptions('generate', options, generationOptionNames);
}

/** @throws {ArgumentError} a name that is no option of a batch (code `OPTION`) */
export function checkBatchOptionNames(options: object): void {
  checkOptions('generate', options, batchOptionNames);
}
