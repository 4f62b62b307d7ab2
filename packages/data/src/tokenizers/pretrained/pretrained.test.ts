// SPDX-License-Identifier: Apache-2.0
// Tests of every part of a tokenizer.json, and of small ones whole, against what Hugging Face's library made of the same texts.

import { golden } from '@nabla/testing';
import * as fc from 'fast-check';
import { PretrainedTokenizer } from '../pretrained-tokenizer.ts';
import { type DecodeStep, readDecoder } from './decoders.ts';
import { JsonFields } from './json-fields.ts';
import { readNormalizer } from './normalizers.ts';
import { readPreTokenizer } from './pre-tokenizers.ts';
import { cleanUpText, endOfWords } from './text-steps.ts';

const { cases } = golden('tokenizers');
const casesOf = (kind: string): [string, JsonFields, readonly (readonly [any, any])[]][] =>
  cases
    .filter((recorded) => recorded.kind === kind)
    .map(({ name, file, results }) => [name, new JsonFields(name, file), results]);

/** Everything that a step makes of these tokens. */
function run(step: DecodeStep, tokens: readonly string[]): string {
  const parts = tokens.flatMap((token) => step.push(token));
  return [...parts, ...step.end()].join('');
}

describe('normalizers', () => {
  it.each(casesOf('normalizer'))('%s', (_, fields, results) => {
    const normalize = readNormalizer(fields);
    expect(results.map(([text]) => normalize(text))).toEqual(results.map(([, normalized]) => normalized));
  });
});

describe('pre-tokenizers', () => {
  it.each(casesOf('preTokenizer'))('%s', (_, fields, results) => {
    const split = readPreTokenizer(fields);
    expect(results.map(([text]) => split(text, true))).toEqual(results.map(([, words]) => words));
  });

  it('Metaspace, first: only where the text begins', () => {
    const split = readPreTokenizer(new JsonFields('x', { type: 'Metaspace', prepend_scheme: 'first' }));
    expect([split('a b', true), split('a b', false)]).toEqual([
      ['▁a', '▁b'],
      ['a', '▁b'],
    ]);
  });
});

describe('decoders', () => {
  it.each(casesOf('decoder'))('%s', (_, fields, results) => {
    const make = readDecoder(fields);
    expect(results.map(([tokens]) => run(make(), tokens))).toEqual(results.map(([, text]) => text));
  });
});

describe('tokenizers', () => {
  it.each(casesOf('tokenizer'))('%s', (name, _, results) => {
    const tokenizer = PretrainedTokenizer.fromJSON(cases.find((recorded) => recorded.name === name)?.file);
    const made = results.map(([text, { pair }]) => {
      const { ids, typeIds } = tokenizer.encode(text, { pair });
      const single = tokenizer.encode(text).ids;
      return [text, { pair, ids: single, pairIds: ids, pairTypeIds: typeIds, decoded: tokenizer.decode(single) }];
    });
    expect(made).toEqual(results);
  });
});

describe('steps over the whole text', () => {
  const parts = fc.array(
    fc.constantFrom(' ', '  ', "'", ' .', ' n', "'t", 'm', ' s', "n't", ' ,', 'word', 're', '</', 'w>', '</w>', '<'),
  );

  it('clean up a text in parts as they clean it up whole', () => {
    // transformers, PreTrainedTokenizerBase.clean_up_tokenization
    expect(run(cleanUpText(), ["I do n't know , he 's right . We 've ' seen ' it !"])).toBe(
      "I don't know, he's right. We've'seen'it!",
    );
    fc.assert(
      fc.property(parts, (texts) => expect(run(cleanUpText(), texts)).toBe(run(cleanUpText(), [texts.join('')]))),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('end words as CLIP does, in parts as whole', () => {
    fc.assert(
      fc.property(parts, (texts) =>
        expect(run(endOfWords('</w>'), texts)).toBe(texts.join('').replaceAll('</w>', ' ').trim()),
      ),
      { seed: 2, numRuns: 1000 },
    );
  });
});
