// SPDX-License-Identifier: Apache-2.0
// Tests of BLEU against sacrebleu.

import { golden } from '@nabla/testing';

import { Bleu, tokenize13a } from './bleu.ts';

describe('tokenize13a', () => {
  const texts = golden('bleu').cases.flatMap((recorded) => ('text' in recorded ? [recorded] : []));

  it.each(texts)('gives sacrebleu’s $name', ({ text, tokens }) => {
    expect(tokenize13a(text)).toEqual(tokens);
  });
});

describe('Bleu', () => {
  const corpora = golden('bleu').cases.flatMap((recorded) => ('score' in recorded ? [recorded] : []));

  it.each(corpora)('is sacrebleu’s: $name', ({ hypotheses, references, score }) => {
    const bleu = new Bleu();
    bleu.update(hypotheses, references);
    expect(bleu.compute()).toBeCloseTo(score, 8);
  });

  it('is of all batches together, and forgets them', () => {
    const [{ hypotheses, references, score }] = corpora as [(typeof corpora)[0]];
    const bleu = new Bleu();
    bleu.update(['something else'], ['entirely']);
    bleu.reset();
    hypotheses.forEach((hypothesis, i) => bleu.update([hypothesis], references.slice(i, i + 1)));
    expect(bleu.compute()).toBeCloseTo(score, 8);
  });

  it('takes one reference as a text', () => {
    const [one, list] = [new Bleu(), new Bleu()];
    one.update(['this is a fest'], ['this is a test']);
    list.update(['this is a fest'], [['this is a test']]);
    expect(one.compute()).toBe(list.compute());
  });

  it('is not a number where nothing was seen', () => expect(new Bleu().compute()).toBeNaN());

  it('refuses hypotheses without references, and leaves what it counted as it was', () => {
    const bleu = new Bleu();
    bleu.update(['this is a fest'], ['this is a test']);
    const before = bleu.compute();
    expect(() => bleu.update(['a', 'b'], ['a'])).toThrowCode('ARGUMENT', /for the 2 hypotheses, received 1/);
    expect(() => bleu.update(['a', 'b'], ['a', []])).toThrowCode('ARGUMENT', /references of hypothesis 1/);
    expect(bleu.compute()).toBe(before);
  });
});
