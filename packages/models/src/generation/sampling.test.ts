// SPDX-License-Identifier: Apache-2.0
// Tests of choosing a token.

import { Generator } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import {
  drawToken,
  drawTokens,
  largestTokens,
  likeliestToken,
  logSumOfExponentials,
  probabilities,
} from './sampling.ts';

useDevice('js');

const logits = Float32Array.of(1, 3, 2, -1);
const total = Math.exp(1) + Math.exp(3) + Math.exp(2) + Math.exp(-1);

describe('probabilities', () => {
  it('are those of softmax, 0 for what is forbidden', () => {
    const expected = [...logits].map((logit): unknown => expect.closeTo(Math.exp(logit) / total, 12));
    expect([...probabilities(logits)]).toEqual(expected);
    expect([...probabilities(Float32Array.of(-Infinity, 1000, 1000))]).toEqual([0, 0.5, 0.5]);
    expect(logSumOfExponentials(logits)).toBeCloseTo(Math.log(total), 12);
  });

  it('are refused where there is nothing to choose', () => {
    const none = Float32Array.of(-Infinity, -Infinity);
    expect(() => probabilities(none)).toThrowCode('GENERATE', /Every token is forbidden/);
    expect(() => likeliestToken(none)).toThrowCode('GENERATE');
    expect(() => largestTokens(none, 1)).toThrowCode('GENERATE');
    for (const broken of [Float32Array.of(1, NaN), Float32Array.of(NaN, 1)]) {
      expect(() => likeliestToken(broken)).toThrowCode(
        'GENERATE',
        /received NaN\. The weights of the model may be broken/,
      );
      expect(() => drawToken(broken, new Generator(1))).toThrowCode('GENERATE');
    }
  });
});

describe('a token', () => {
  it('is the likeliest, of equals the first', () => {
    expect(likeliestToken(logits)).toBe(1);
    expect(likeliestToken(Float32Array.of(0, 2, 2))).toBe(1);
    expect(largestTokens(logits, 3)).toEqual([1, 2, 0]);
    expect(largestTokens(Float32Array.of(2, -Infinity, 5, 5, 2), 9)).toEqual([2, 3, 0, 4]);
    expect(largestTokens(Float32Array.of(2, -Infinity, 5, 5, 2), 3)).toEqual([2, 3, 0]);
  });

  it('is drawn as often as its probability says, and never if it is forbidden', () => {
    const generator = new Generator(2);
    const masked = Float32Array.of(1, 3, -Infinity, -1);
    const expected = probabilities(masked);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[drawToken(masked, generator)] += 1;
    counts.forEach((count, i) => expect(Math.abs(count / 4000 - (expected[i] ?? 0))).toBeLessThan(0.025));
    expect(counts[2]).toBe(0);
  });

  it('is drawn with others that are different, each by its share of those left', () => {
    const generator = new Generator(3);
    const masked = Float32Array.of(1, 3, -Infinity, -1);
    const [a = 0, b = 0, , d = 0] = probabilities(masked);
    const counts = new Map<string, number>();
    for (let i = 0; i < 4000; i++) {
      const pair = drawTokens(masked, 2, generator).join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    const share = (first: number, second: number): number => (first * second) / (1 - first);
    const expected = { '0,1': share(a, b), '1,0': share(b, a), '0,3': share(a, d), '3,0': share(d, a), '1,3': share(b, d), '3,1': share(d, b) }; // prettier-ignore
    for (const [pair, chance] of Object.entries(expected)) {
      expect(Math.abs((counts.get(pair) ?? 0) / 4000 - chance)).toBeLessThan(0.025);
    }
    expect(drawTokens(masked, 9, generator).sort()).toEqual([0, 1, 3]);
  });
});
