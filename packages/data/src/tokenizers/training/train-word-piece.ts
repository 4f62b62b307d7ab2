// SPDX-License-Identifier: Apache-2.0
// Learns a tokenizer like BERT's from texts.

import { ArgumentError } from '@nabla/core';
import { JsonFields } from '../pretrained/json-fields.ts';
import { readNormalizer } from '../pretrained/normalizers.ts';
import { bertWords } from '../pretrained/pre-tokenizers.ts';
import { PretrainedTokenizer } from '../pretrained-tokenizer.ts';
import {
  type Texts,
  type TrainTokenizerOptions,
  checkTrainOptions,
  compareCharacters,
  countWords,
} from './count-words.ts';
import { learnMerges } from './learn-merges.ts';
import { addedTokens, bertTemplate } from '../pretrained/written-parts.ts';

const PREFIX = '##';
/** So many different characters are kept, the most frequent ones, as Hugging Face's `BertWordPieceTokenizer` does. */
const ALPHABET = 1000;
const bertTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const bertNormalizer = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

/**
 * Learns WordPiece as Hugging Face's `WordPieceTrainer` does: the words of BERT's normalization, in characters of which all but the first
 * of a word are written `##c`, are joined as in byte pair encoding, and what comes out is a vocabulary in which a word is then cut into the
 * longest pieces. (The original training of BERT's vocabulary was never published; its score is another.) The ids are the special tokens, the
 * characters by their code points, those that go on with a word likewise, then the joined ones as they are learned.
 *
 * @param texts    what to learn from
 * @param options  see {@link TrainTokenizerOptions}; `specialTokens` are BERT's by default, and begin with them in any case
 * @throws {ArgumentError} the vocabulary is too small for characters and special tokens, or the texts have no words (code `TEXT`)
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/models/wordpiece/trainer.rs
 * @example
 * const tokenizer = await trainWordPiece(['a hug, hugs, hugging'], { vocabularySize: 40 });
 * tokenizer.encode('hugs').ids.map((id) => tokenizer.tokenOf(id)); // ['[CLS]', 'hug', '##s', '[SEP]']
 */
export async function trainWordPiece(texts: Texts, options: TrainTokenizerOptions): Promise<PretrainedTokenizer> {
  const op = 'trainWordPiece';
  checkTrainOptions(op, options);
  const { vocabularySize, minimumFrequency = 2, specialTokens = [], onProgress } = options;
  const special = [...new Set([...bertTokens, ...specialTokens])];
  const normalize = readNormalizer(new JsonFields('tokenizer.json', bertNormalizer, 'normalizer'));
  const counts = await countWords(op, texts, (text) => bertWords(normalize(text)), onProgress);

  const alphabet = mostFrequentCharacters(counts);
  const inside = new Set(Array.from(counts.keys(), (word) => [...word].slice(1)).flat());
  const going = alphabet.filter((character) => inside.has(character)).map((character) => PREFIX + character);
  const tokens = [...new Set([...special, ...alphabet, ...going])];
  if (tokens.length > vocabularySize) {
    const expected = `to be at least ${tokens.length}, the characters and special tokens`;
    throw new ArgumentError({ op, argument: 'vocabularySize', expected, received: `${vocabularySize}` });
  }
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const known = new Set(alphabet);
  const words = Array.from(counts, ([word, count]) => ({
    symbols: Array.from(word, (character, i) =>
      known.has(character) ? (i === 0 ? character : PREFIX + character) : '',
    )
      .filter((symbol) => symbol !== '')
      .map((symbol) => ids.get(symbol) ?? 0),
    count,
  }));
  learnMerges(words, {
    tokens,
    vocabularySize,
    minimumFrequency,
    join: (left, right) => left + right.slice(PREFIX.length),
    onProgress: (done) => onProgress?.({ stage: 'merging', done, total: vocabularySize }),
  });
  return PretrainedTokenizer.fromJSON({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(special),
    normalizer: bertNormalizer,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: bertTemplate('[CLS]', tokens.indexOf('[CLS]'), '[SEP]', tokens.indexOf('[SEP]')),
    decoder: { type: 'WordPiece', prefix: PREFIX, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: PREFIX,
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  });
}

/** The characters of words by their code points: all of them, or the {@link ALPHABET} most frequent. */
function mostFrequentCharacters(words: ReadonlyMap<string, number>): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  const byCount = [...counts].sort(([a, countA], [b, countB]) => countB - countA || compareCharacters(a, b));
  return byCount
    .slice(0, ALPHABET)
    .map(([character]) => character)
    .sort(compareCharacters);
}
