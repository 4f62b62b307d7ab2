// SPDX-License-Identifier: Apache-2.0
// What is done to the logits of the next token before one is chosen: a list of rules, in transformers' order.

/** What the rules of drawing are told. */
export interface DrawSettings {
  readonly temperature: number; // > 0
  readonly topK: number; // 0: all
  readonly topP: number; // 1: all
  readonly minP: number; // 0: all
}

/** What all rules are told; see {@link GenerationOptions}. */
export interface LogitSettings extends DrawSettings {
  readonly repetitionPenalty: number; // 1: none
  readonly noRepeatNgramSize: number; // 0: none
  readonly badWords: readonly (readonly number[])[];
  readonly allowedTokens?: readonly number[] | undefined;
  readonly forbiddenTokens: readonly number[];
  /** Forbidden as the first new token. */
  readonly forbiddenFirst: readonly number[];
  /** The only first new token. */
  readonly forcedFirst?: number | undefined;
  /** The only tokens that a text of full length may end with. */
  readonly forcedLast: readonly number[];
  readonly endTokens: readonly number[];
  readonly minimumNewTokens: number;
  readonly maximumNewTokens: number;
  readonly logitMask?: LogitMask | undefined;
}

/** The text that a token is chosen for. */
export interface LogitContext {
  /** Prompt and new tokens, no padding; of an encoder-decoder, what the decoder has so far. */
  readonly tokens: readonly number[];
  /** How many of them are new. */
  readonly written: number;
  /** Which row of the batch. */
  readonly row: number;
}

/** Changes the logits of the next token in place, `[vocabulary]`; -Infinity forbids a token. */
export type LogitMask = (logits: Float32Array, context: LogitContext) => void;

/** A rule that holds however a token is chosen: changes logits in place. */
export interface Constraint {
  readonly name: string;
  readonly apply: (logits: Float32Array, settings: LogitSettings, context: LogitContext) => void;
}

/** A rule of drawing: changes logits in place. */
export interface Warper {
  readonly name: string;
  readonly apply: (logits: Float32Array, settings: DrawSettings) => void;
}

/** `l > 0 ? l / penalty : l · penalty` for every token that is in the text. */
function repetitionPenalty(
  logits: Float32Array,
  { repetitionPenalty: penalty }: LogitSettings,
  text: LogitContext,
): void {
  if (penalty === 1) return;
  for (const token of new Set(text.tokens)) {
    const logit = logits[token];
    if (logit !== undefined) logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** Forbids tokens that would complete `noRepeatNgramSize` tokens which stand in the text already. */
function noRepeatNgrams(
  logits: Float32Array,
  { noRepeatNgramSize: size }: LogitSettings,
  { tokens }: LogitContext,
): void {
  if (size === 0) return;
  const begin = tokens.length - size + 1; // of the last size - 1 tokens
  for (let i = 0; i < begin; i++) {
    let same = 0;
    while (same < size - 1 && tokens[i + same] === tokens[begin + same]) same++;
    if (same === size - 1) forbid(logits, tokens[i + same]);
  }
}

/** Forbids the last token of each bad word whose other tokens the text ends with; an end token alone is no word. */
function badWords(logits: Float32Array, { badWords: words, endTokens }: LogitSettings, { tokens }: LogitContext): void {
  for (const word of words) {
    const last = word.at(-1);
    const begin = tokens.length - word.length + 1;
    if (begin < 0 || last === undefined || (word.length === 1 && endTokens.includes(last))) continue;
    if (word.slice(0, -1).every((token, i) => token === tokens[begin + i])) forbid(logits, last);
  }
}

/** Forbids the end while fewer than `minimumNewTokens` are written. */
function minimumLength(logits: Float32Array, settings: LogitSettings, { written }: LogitContext): void {
  if (written < settings.minimumNewTokens) forbid(logits, ...settings.endTokens);
}

/** The first and the last token that the model's configuration wants. */
function forcedTokens(logits: Float32Array, settings: LogitSettings, { written }: LogitContext): void {
  const { forcedFirst, forcedLast, maximumNewTokens } = settings;
  if (written === 0 && forcedFirst !== undefined) force(logits, [forcedFirst]);
  if (written === maximumNewTokens - 1 && forcedLast.length > 0) force(logits, forcedLast);
}

/** Forbids the tokens of a list. */
function forbiddenTokens(logits: Float32Array, settings: LogitSettings, { written }: LogitContext): void {
  forbid(logits, ...settings.forbiddenTokens);
  if (written === 0) forbid(logits, ...settings.forbiddenFirst);
}

/** Forbids what is not in a list. */
function allowedTokens(logits: Float32Array, { allowedTokens: allowed }: LogitSettings): void {
  if (allowed === undefined) return;
  const kept = allowed.map((token) => [token, logits[token] ?? -Infinity] as const);
  logits.fill(-Infinity);
  for (const [token, logit] of kept) logits[token] = logit;
}

/** `l / temperature` */
function temperature(logits: Float32Array, { temperature: divisor }: DrawSettings): void {
  if (divisor !== 1) for (let token = 0; token < logits.length; token++) logits[token] = (logits[token] ?? 0) / divisor;
}

/** Keeps the `topK` largest, and what equals the smallest of them. */
function topK(logits: Float32Array, { topK: count }: DrawSettings): void {
  if (count > 0 && count < logits.length) keepFrom(logits, smallestOfLargest(logits, count));
}

/** Up to here the largest are collected one by one; more are found by sorting all. 256: a vocabulary of 50,000 takes under 1 ms. */
const COLLECTED = 256;

/** The `count`-th largest logit. */
function smallestOfLargest(logits: Float32Array, count: number): number {
  if (count > COLLECTED) return Float32Array.from(logits).sort().at(-count) ?? -Infinity;
  const largest = new Float32Array(count).fill(-Infinity); // ascending
  for (const logit of logits) {
    if (logit <= (largest[0] ?? 0)) continue;
    let place = 0; // all before it are smaller; the smallest makes room
    while (place + 1 < count && (largest[place + 1] ?? 0) < logit) {
      largest[place] = largest[place + 1] ?? 0;
      place++;
    }
    largest[place] = logit;
  }
  return largest[0] ?? -Infinity;
}

/**
 * Keeps the fewest tokens, likeliest first, whose probabilities come to at least `topP`; always one.
 *
 * @see Holtzman et al. 2020, https://arxiv.org/abs/1904.09751
 */
function topP(logits: Float32Array, { topP: share }: DrawSettings): void {
  if (share >= 1) return;
  const ascending = logits.filter((logit) => logit !== -Infinity).sort();
  const top = ascending.at(-1) ?? 0;
  const total = ascending.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
  let [dropped, below] = [0, 0];
  while (dropped < ascending.length - 1) {
    below += Math.exp((ascending[dropped] ?? 0) - top) / total;
    if (below > 1 - share) break;
    dropped++;
  }
  const least = ascending[dropped] ?? -Infinity;
  keepFrom(logits, least);
  let equals = dropped - ascending.indexOf(least); // of the tokens as likely as the last one that stays, these go as well
  for (let token = 0; equals > 0; token++) {
    if (logits[token] !== least) continue;
    logits[token] = -Infinity;
    equals--;
  }
}

/**
 * Keeps tokens at least `minP` times as probable as the likeliest.
 *
 * @see Nguyen et al. 2024, https://arxiv.org/abs/2407.01082
 */
function minP(logits: Float32Array, { minP: share }: DrawSettings): void {
  if (share > 0) keepFrom(logits, logits.reduce((a, b) => Math.max(a, b), -Infinity) + Math.log(share));
}

/** The rules that hold however a token is chosen. */
export const constraints: readonly Constraint[] = [
  { name: 'repetitionPenalty', apply: repetitionPenalty },
  { name: 'noRepeatNgramSize', apply: noRepeatNgrams },
  { name: 'badWords', apply: badWords },
  { name: 'minimumNewTokens', apply: minimumLength },
  { name: 'forcedTokens', apply: forcedTokens },
  { name: 'forbiddenTokens', apply: forbiddenTokens },
  { name: 'allowedTokens', apply: allowedTokens },
  { name: 'logitMask', apply: (logits, { logitMask }, context) => logitMask?.(logits, context) },
];

/** The rules of drawing, which come after them. */
export const warpers: readonly Warper[] = [
  { name: 'temperature', apply: temperature },
  { name: 'topK', apply: topK },
  { name: 'topP', apply: topP },
  { name: 'minP', apply: minP },
];

/** Logits after all constraints; those given stay as they are. */
export function constrain(logits: Float32Array, settings: LogitSettings, context: LogitContext): Float32Array {
  const changed = Float32Array.from(logits);
  for (const { apply } of constraints) apply(changed, settings, context);
  return changed;
}

/** Logits after the rules of drawing; those given stay as they are. */
export function warp(logits: Float32Array, settings: DrawSettings): Float32Array {
  const changed = Float32Array.from(logits);
  for (const { apply } of warpers) apply(changed, settings);
  return changed;
}

function keepFrom(logits: Float32Array, least: number): void {
  for (let token = 0; token < logits.length; token++) if ((logits[token] ?? 0) < least) logits[token] = -Infinity;
}

function forbid(logits: Float32Array, ...tokens: readonly (number | undefined)[]): void {
  for (const token of tokens) if (token !== undefined) logits[token] = -Infinity;
}

function force(logits: Float32Array, tokens: readonly number[]): void {
  logits.fill(-Infinity);
  for (const token of tokens) logits[token] = 0;
}
