// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json as what it does: from a text to ids, and from tokens to a text.

import { type AddedToken, type Finder, makeFinder } from './added-tokens.ts';
import { type Decoder, readDecoder, spacedTokens } from './decoders.ts';
import type { JsonFields } from './json-fields.ts';
import { type Normalizer, readNormalizer } from './normalizers.ts';
import { type Template, plainTemplate, readPostProcessor } from './post-processors.ts';
import { type PreTokenizer, readPreTokenizer } from './pre-tokenizers.ts';
import { MAXIMUM_ID, type VocabularyModel, readModel } from './vocabulary-model.ts';

/** The parts of a tokenizer.json, ready to run. */
export class Pipeline {
  readonly model: VocabularyModel;
  readonly template: Template;
  readonly decoder: Decoder;
  /** All added tokens, by their content. */
  readonly added: ReadonlyMap<string, AddedToken>;
  readonly #normalize: Normalizer;
  readonly #split: PreTokenizer;
  readonly #findInText: Finder;
  readonly #findInNormalized: Finder;

  /**
   * @param addMore  adds what the folder's other files name to the added tokens of this one
   * @throws {ArgumentError} a part is unknown or a field is wrong: names file and field (code `TOKENIZER`)
   */
  constructor(file: JsonFields, addMore: (added: Map<string, AddedToken>, model: VocabularyModel) => void) {
    const normalizer = file.optionalObject('normalizer');
    const preTokenizer = file.optionalObject('pre_tokenizer');
    const postProcessor = file.optionalObject('post_processor');
    const decoder = file.optionalObject('decoder');
    const normalize = normalizer === undefined ? undefined : readNormalizer(normalizer);
    this.#normalize = normalize ?? ((text) => text);
    this.#split = preTokenizer === undefined ? (text) => [text] : readPreTokenizer(preTokenizer);
    this.model = readModel(file.object('model'));
    this.template = postProcessor === undefined ? plainTemplate : readPostProcessor(postProcessor);
    this.decoder = decoder === undefined ? spacedTokens : readDecoder(decoder);
    const added = new Map(
      file
        .objects('added_tokens')
        .map(readAddedToken)
        .map((token) => [token.content, token]),
    );
    addMore(added, this.model);
    this.added = added;
    const tokens = [...added.values()];
    const asNormalized = tokens
      .filter(({ normalized }) => normalized)
      .map((token) => [this.#normalize(token.content), token] as const);
    this.#findInText = makeFinder(
      new Map(tokens.filter(({ normalized }) => !normalized).map((token) => [token.content, token])),
    );
    this.#findInNormalized = makeFinder(new Map(asNormalized));
  }

  /** The ids of a text, without special tokens around it. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const outer of this.#findInText(text)) {
      if ('id' in outer) {
        ids.push(outer.id);
        continue;
      }
      for (const inner of this.#findInNormalized(this.#normalize(outer.text))) {
        if ('id' in inner) {
          ids.push(inner.id);
          continue;
        }
        for (const word of this.#split(inner.text, outer.start + inner.start === 0)) {
          for (const id of this.model.encode(word)) ids.push(id);
        }
      }
    }
    return ids;
  }
}

/** An added token as tokenizer.json has it. */
export function readAddedToken(fields: JsonFields): AddedToken {
  const special = fields.flag('special', false);
  return {
    id: fields.integer('id', 0, MAXIMUM_ID),
    content: fields.text('content'),
    single_word: fields.flag('single_word', false),
    lstrip: fields.flag('lstrip', false),
    rstrip: fields.flag('rstrip', false),
    normalized: fields.flag('normalized', !special),
    special,
  };
}
