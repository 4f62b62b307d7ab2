// SPDX-License-Identifier: Apache-2.0
// The tokens of a translator: byte pair encoding that is learned from both languages together.

import { NablaError } from '@nabla/core';
import { PretrainedTokenizer, type TextPair, trainBytePairEncoding } from '@nabla/data';

import { messageOf, runFileError } from '../training/files.ts';

/** Ids of the tokens that are no text, at the beginning of every vocabulary. */
export const SPECIAL = { padding: 0, start: 1, end: 2 } as const;

/** How tokenizer.json writes them, as the folders of published translators do. */
const WRITTEN: Readonly<Record<keyof typeof SPECIAL, string>> = { padding: '<pad>', start: '<s>', end: '</s>' };

/** The fewest tokens that a tokenizer can have: those of {@link SPECIAL}, and the bytes of which every text consists. */
export const SMALLEST_VOCABULARY: number = Object.keys(SPECIAL).length + 256;

/**
 * Learns one tokenizer for both languages, as in the paper: words that they share, such as names, are the same tokens.
 *
 * @param size tokens, at most
 * @see Vaswani et al. 2017, section 5.1, https://arxiv.org/abs/1706.03762
 */
export function trainTokenizer(pairs: readonly TextPair[], size: number): Promise<PretrainedTokenizer> {
  const texts = pairs.flatMap(({ source, target }) => [source, target]);
  return trainBytePairEncoding(texts, { vocabularySize: size, specialTokens: Object.values(WRITTEN) });
}

/**
 * The tokenizer of a run.
 *
 * @param path names the file in errors
 * @throws {ArgumentError} it is no tokenizer.json, or one without the tokens of {@link SPECIAL} (code `RUN`)
 */
export function readTokenizer(json: unknown, path: string): PretrainedTokenizer {
  const tokenizer = parseTokenizer(json, path);
  for (const [role, id] of Object.entries(SPECIAL)) {
    const token = WRITTEN[role as keyof typeof SPECIAL];
    const found = tokenizer.idOf(token);
    if (found === id) continue;
    throw runFileError(path, `a tokenizer in which ${token} is ${found === undefined ? 'no token' : `token ${found}`}`);
  }
  return tokenizer;
}

function parseTokenizer(json: unknown, path: string): PretrainedTokenizer {
  try {
    return PretrainedTokenizer.fromJSON(json);
  } catch (error) {
    if (!(error instanceof NablaError)) throw error;
    throw runFileError(path, messageOf(error), error);
  }
}
