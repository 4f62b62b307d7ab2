// SPDX-License-Identifier: Apache-2.0
// Tests of writing: what temperature, the choice among the likeliest, and the seed do.

import { Generator } from '@nabla/core';
import { CharacterTokenizer } from '@nabla/data';
import { useDevice } from '@nabla/testing';

import type { GenerateOptions } from '../training/recipe.ts';
import { encodePrompt, generateText, nextLogits, sampleToken } from './generate.ts';
import { CharacterTransformer } from '../transformer/model.ts';

useDevice('js');

const logits = Float32Array.of(1, 3, 2, -1);

function optionsOf(changes: Partial<GenerateOptions> = {}): GenerateOptions {
  return { prompt: 'ab', tokens: 12, temperature: 1, topK: 0, generator: new Generator(1), ...changes };
}

describe('sampleToken', () => {
  it('takes the likeliest for temperature 0, and draws nothing', () => {
    const generator = new Generator(1);
    expect(sampleToken(logits, optionsOf({ temperature: 0 }), generator)).toBe(1);
    expect(generator.offset).toBe(0);
  });

  it.each([
    [1, 0, [0.0889, 0.6572, 0.2418, 0.012]],
    [1, 2, [0, 0.7311, 0.2689, 0]],
    [1e6, 0, [0.25, 0.25, 0.25, 0.25]],
    [0.01, 0, [0, 1, 0, 0]],
  ])('draws with temperature %d, among %d, as often as the probabilities say', (temperature, topK, expected) => {
    const generator = new Generator(2);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[sampleToken(logits, optionsOf({ temperature, topK }), generator)] += 1;
    counts.forEach((count, i) => expect(Math.abs(count / 4000 - (expected[i] ?? 0))).toBeLessThan(0.025));
  });

  it('never draws what is not among the likeliest', () => {
    const generator = new Generator(3);
    for (let i = 0; i < 200; i++) expect([1, 2]).toContain(sampleToken(logits, optionsOf({ topK: 2 }), generator));
  });
});

describe('generateText', () => {
  const tokenizer = CharacterTokenizer.train('abcdefgh');
  const shape = { vocabulary: 8, layers: 1, heads: 2, width: 8, context: 6, dropout: 0.5 };
  const makeModel = (): CharacterTransformer => new CharacterTransformer(shape, new Generator(4));

  async function write(changes: Partial<GenerateOptions> = {}): Promise<string> {
    const model = makeModel();
    let text = '';
    for await (const piece of generateText(model, tokenizer, optionsOf(changes))) text += piece;
    model.dispose();
    return text;
  }

  it('adds as many characters as asked for, beyond the context too', async () => {
    expect(await write()).toMatch(/^[a-h]{12}$/);
  });

  it('writes the same for the same seed, and always the same for temperature 0', async () => {
    expect(await write()).toBe(await write());
    expect(await write({ generator: new Generator(2) })).not.toBe(await write());
    expect(await write({ temperature: 0, generator: new Generator(2) })).toBe(await write({ temperature: 0 }));
    expect(await write({ topK: 1 })).toBe(await write({ temperature: 0 }));
  });

  it('sees the last characters only', () => {
    const model = makeModel().eval();
    const tokens = [0, 1, 2, 3, 4, 5, 6, 7];
    expect(nextLogits(model, tokens)).toEqual(nextLogits(model, tokens.slice(-6)));
    expect(nextLogits(model, tokens)).not.toEqual(nextLogits(model, tokens.slice(-5)));
    model.dispose();
  });

  it('refuses a beginning that is empty or has an unknown character', () => {
    expect(() => encodePrompt(tokenizer, '')).toThrowCode('TEXT', /to have at least one character/);
    expect(() => encodePrompt(tokenizer, 'abz')).toThrowCode('CHARACTER', /"z" \(U\+007A\) at position 2/);
  });
});
