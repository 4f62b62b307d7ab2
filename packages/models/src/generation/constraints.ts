// SPDX-License-Identifier: Apache-2.0
// The rules that hold however a token is chosen, in transformers' order.

import type { Constraint, LogitContext, LogitSettings } from './logit-settings.ts';

/** The largest float32. */
const LARGEST = 2 ** 128 - 2 ** 104;

/** `l + bias` for the last token of each sequence whose other tokens the text ends with. */
function sequenceBias(logits: Float32Array, { sequenceBias: biases }: LogitSettings, { tokens }: LogitContext): void {
  for (const [sequence, bias] of biases) if (endsWithAllBut(tokens, sequence)) addTo(logits, sequence.at(-1), bias);
}

/** `l > 0 ? l · penalty : l / penalty` for every token that is in the source: above 1 it is rather taken up. */
function encoderRepetitionPenalty(logits: Float32Array, settings: LogitSettings, { source }: LogitContext): void {
  penalize(logits, source, 1 / settings.encoderRepetitionPenalty);
}

/** `l > 0 ? l / penalty : l · penalty` for every token that is in the text. */
function repetitionPenalty(logits: Float32Array, settings: LogitSettings, { tokens }: LogitContext): void {
  penalize(logits, tokens, settings.repetitionPenalty);
}

/**
 * `l - presencePenalty - frequencyPenalty · count` for every token that was written `count` times.
 *
 * @see https://platform.openai.com/docs/api-reference/completions
 */
function presenceAndFrequency(
  logits: Float32Array,
  { presencePenalty, frequencyPenalty }: LogitSettings,
  { tokens, written }: LogitContext,
): void {
  if (presencePenalty === 0 && frequencyPenalty === 0) return;
  const counts = new Map<number, number>();
  for (const token of tokens.slice(tokens.length - written)) counts.set(token, (counts.get(token) ?? 0) + 1);
  for (const [token, count] of counts) addTo(logits, token, -presencePenalty - frequencyPenalty * count);
}

/** Forbids tokens that would complete `noRepeatNgramSize` tokens which stand in the text already. */
function noRepeatNgrams(logits: Float32Array, { noRepeatNgramSize }: LogitSettings, { tokens }: LogitContext): void {
  forbidRepetition(logits, tokens, tokens, noRepeatNgramSize);
}

/** The same for what stands in the source. */
function noRepeatSourceNgrams(
  logits: Float32Array,
  { encoderNoRepeatNgramSize }: LogitSettings,
  { tokens, source }: LogitContext,
): void {
  forbidRepetition(logits, tokens, source, encoderNoRepeatNgramSize);
}

/** Forbids the last token of each bad word whose other tokens the text ends with; an end token alone is no word. */
function badWords(logits: Float32Array, { badWords: words, endTokens }: LogitSettings, { tokens }: LogitContext): void {
  for (const word of words) {
    const isEnd = word.length === 1 && endTokens.includes(word[0] ?? -1);
    if (!isEnd && endsWithAllBut(tokens, word)) forbid(logits, word.slice(-1));
  }
}

/** Forbids the end while fewer than `minimumNewTokens` are written. */
function minimumLength(logits: Float32Array, settings: LogitSettings, { written }: LogitContext): void {
  if (written < settings.minimumNewTokens) forbid(logits, settings.endTokens);
}

/** The first and the last token that the model's configuration wants. */
function forcedTokens(logits: Float32Array, settings: LogitSettings, { written }: LogitContext): void {
  const { forcedFirst, forcedLast, maximumNewTokens } = settings;
  if (written === 0 && forcedFirst !== undefined) force(logits, [forcedFirst]);
  if (written === maximumNewTokens - 1 && forcedLast.length > 0) force(logits, forcedLast);
}

/** NaN becomes 0, and what is infinite the number closest to it. */
function repaired(logits: Float32Array, { repairLogits }: LogitSettings): void {
  if (!repairLogits) return;
  for (const [token, logit] of logits.entries()) {
    if (!Number.isFinite(logit)) logits[token] = Number.isNaN(logit) ? 0 : Math.sign(logit) * LARGEST;
  }
}

/** `l + |l| · (factor^(written - from) - 1)` for the end tokens of a text that is longer than `from` new tokens. */
function endGrowth(logits: Float32Array, { endGrowth: growth, endTokens }: LogitSettings, text: LogitContext): void {
  if (growth === undefined || text.written <= growth.from) return;
  const grown = growth.factor ** (text.written - growth.from) - 1;
  for (const token of endTokens) addTo(logits, token, Math.abs(logits[token] ?? 0) * grown);
}

/** Forbids the tokens of a list. */
function forbiddenTokens(logits: Float32Array, settings: LogitSettings, { written }: LogitContext): void {
  forbid(logits, settings.forbiddenTokens);
  if (written === 0) forbid(logits, settings.forbiddenFirst);
}

/** Forbids what is not in a list. */
function allowedTokens(logits: Float32Array, { allowedTokens: allowed }: LogitSettings): void {
  if (allowed === undefined) return;
  const kept = allowed.map((token) => [token, logits[token] ?? -Infinity] as const);
  logits.fill(-Infinity);
  for (const [token, logit] of kept) logits[token] = logit;
}

/** The rules, first to last. */
export const constraints: readonly Constraint[] = [
  { name: 'sequenceBias', apply: sequenceBias },
  { name: 'encoderRepetitionPenalty', apply: encoderRepetitionPenalty },
  { name: 'repetitionPenalty', apply: repetitionPenalty },
  { name: 'presenceAndFrequency', apply: presenceAndFrequency },
  { name: 'noRepeatNgramSize', apply: noRepeatNgrams },
  { name: 'encoderNoRepeatNgramSize', apply: noRepeatSourceNgrams },
  { name: 'badWords', apply: badWords },
  { name: 'minimumNewTokens', apply: minimumLength },
  { name: 'forcedTokens', apply: forcedTokens },
  { name: 'repairLogits', apply: repaired },
  { name: 'endGrowth', apply: endGrowth },
  { name: 'forbiddenTokens', apply: forbiddenTokens },
  { name: 'allowedTokens', apply: allowedTokens },
  { name: 'logitMask', apply: (logits, { logitMask }, context) => logitMask?.(logits, context) },
];

function penalize(logits: Float32Array, tokens: readonly number[], penalty: number): void {
  if (penalty === 1) return;
  for (const token of new Set(tokens)) {
    const logit = logits[token];
    if (logit !== undefined) logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** Forbids tokens that would complete `size` tokens which stand in `source`. */
function forbidRepetition(
  logits: Float32Array,
  text: readonly number[],
  source: readonly number[],
  size: number,
): void {
  const begin = text.length - size + 1; // of the last size - 1 tokens
  if (size === 0 || begin < 0) return;
  for (let i = 0; i + size <= source.length; i++) {
    let same = 0;
    while (same < size - 1 && source[i + same] === text[begin + same]) same++;
    if (same === size - 1) forbid(logits, source.slice(i + same, i + size));
  }
}

/** Whether a text ends with all tokens of a sequence but its last. */
function endsWithAllBut(text: readonly number[], sequence: readonly number[]): boolean {
  const begin = text.length - sequence.length + 1;
  return begin >= 0 && sequence.slice(0, -1).every((token, i) => token === text[begin + i]);
}

function addTo(logits: Float32Array, token: number | undefined, bias: number): void {
  const logit = token === undefined ? undefined : logits[token];
  if (token !== undefined && logit !== undefined) logits[token] = logit + bias;
}

function forbid(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) logits[token] = -Infinity;
}

function force(logits: Float32Array, tokens: readonly number[]): void {
  logits.fill(-Infinity);
  for (const token of tokens) logits[token] = 0;
}
