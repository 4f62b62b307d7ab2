// SPDX-License-Identifier: Apache-2.0
// Learns a byte-level tokenizer like GPT-2's from texts.

import { ArgumentError } from '@nabla/core';
import { byteCharacters, toByteCharacters } from '../pretrained/bytes.ts';
import { splitText } from '../pretrained/patterns.ts';
import { gpt2Words } from '../pretrained/pre-tokenizers.ts';
import { PretrainedTokenizer } from '../pretrained-tokenizer.ts';
import {
  type Texts,
  type TrainTokenizerOptions,
  checkTrainOptions,
  compareCharacters,
  countWords,
} from './count-words.ts';
import { learnMerges } from './learn-merges.ts';
import { addedTokens } from '../pretrained/written-parts.ts';

/**
 * Learns byte pair encoding over bytes: every text has tokens, and comes back as it was. The ids are the special tokens, the 256 bytes in
 * the order of their characters, then the merges as they are learned. Hugging Face's `BpeTrainer` learns the same from the same texts.
 *
 * @param texts    what to learn from; words do not go beyond a text
 * @param options  see {@link TrainTokenizerOptions}; `specialTokens` is `<|endoftext|>` by default
 * @throws {ArgumentError} the vocabulary is too small for bytes and special tokens, or the texts have no words (code `TEXT`)
 * @see Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2
 * @example
 * const tokenizer = await trainBytePairEncoding(['low lower lowest', 'low low'], { vocabularySize: 260 });
 * tokenizer.encode('low lower').ids.map((id) => tokenizer.tokenOf(id)); // ['low', 'Ġlow', 'e', 'r']
 */
export async function trainBytePairEncoding(
  texts: Texts,
  options: TrainTokenizerOptions,
): Promise<PretrainedTokenizer> {
  const op = 'trainBytePairEncoding';
  checkTrainOptions(op, options);
  const { vocabularySize, minimumFrequency = 2, specialTokens = ['<|endoftext|>'], onProgress } = options;
  const tokens = [...new Set([...specialTokens, ...byteCharacters.toSorted(compareCharacters)])];
  if (tokens.length > vocabularySize) {
    const expected = `to be at least ${tokens.length}, the bytes and special tokens`;
    throw new ArgumentError({ op, argument: 'vocabularySize', expected, received: `${vocabularySize}` });
  }
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const counts = await countWords(op, texts, (text) => splitText(text, gpt2Words, 'Isolated'), onProgress);
  const words = Array.from(counts, ([word, count]) => ({
    symbols: Array.from(toByteCharacters(word), (character) => ids.get(character) ?? 0),
    count,
  }));
  const merges = learnMerges(words, {
    tokens,
    vocabularySize,
    minimumFrequency,
    join: (left, right) => left + right,
    onProgress: (done) => onProgress?.({ stage: 'merging', done, total: vocabularySize }),
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return PretrainedTokenizer.fromJSON({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(specialTokens),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => [tokens[left], tokens[right]]),
    },
  });
}
