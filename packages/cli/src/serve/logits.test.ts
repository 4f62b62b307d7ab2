// SPDX-License-Identifier: Apache-2.0
// Tests of what requests do to logits, against the formulas.

import { RequestLogits } from './logits.ts';

const nothing = { count: 0, bias: new Map<number, number>(), presencePenalty: 0, frequencyPenalty: 0 };

/** Logits as a request changes them, after the prompt 0 and the new tokens 1, 1, 2. */
function changed(logits: RequestLogits, tokens = [0, 1, 1, 2], written = 3): number[] {
  const values = Float32Array.of(0, 1, 2, 3);
  logits.mask?.(values, { tokens, source: tokens.slice(0, -written), written, row: 0 });
  return [...values];
}

it('does nothing where nothing is asked for', () => {
  expect(new RequestLogits(nothing).mask).toBeUndefined();
});

it('adds biases', () => {
  const bias = new Map([
    [0, 2.5],
    [3, -100],
  ]);
  expect(changed(new RequestLogits({ ...nothing, bias }))).toEqual([2.5, 1, 2, -97]);
});

it('subtracts a penalty once for what was written, and one for each time; the prompt does not count', () => {
  expect(changed(new RequestLogits({ ...nothing, presencePenalty: 0.5 }))).toEqual([0, 0.5, 1.5, 3]);
  expect(changed(new RequestLogits({ ...nothing, frequencyPenalty: 0.5 }))).toEqual([0, 0, 1.5, 3]);
  expect(changed(new RequestLogits({ ...nothing, frequencyPenalty: 0.5 }), [0, 1], 0)).toEqual([0, 1, 2, 3]);
});

it('tells the likeliest as they are without all that', () => {
  const logits = new RequestLogits({ ...nothing, count: 2, bias: new Map([[0, 100]]) });
  changed(logits);
  const total = Math.log([0, 1, 2, 3].reduce((sum, value) => sum + Math.exp(value), 0));
  expect(logits.likeliest.map(({ id }) => id)).toEqual([3, 2]);
  logits.likeliest.forEach(({ logProbability }, i) => expect(logProbability).toBeCloseTo(3 - i - total, 6));
});
