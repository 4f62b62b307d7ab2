// SPDX-License-Identifier: Apache-2.0
// Tests of windows over a text.

import { Generator } from '@nabla/core';
import { RandomWithReplacementSampler } from './sampler.ts';
import { TextDataset, splitTokens } from './text-dataset.ts';

const tokens = Int32Array.from({ length: 11 }, (_, i) => i);

describe('TextDataset', () => {
  it('has a window at each offset, as nanoGPT draws them', () => {
    const windows = new TextDataset(tokens, { context: 4 });
    expect(windows.length).toBe(11 - 4);
    const last = windows.get(6);
    expect([[...last.inputs], [...last.targets]]).toEqual([
      [6, 7, 8, 9],
      [7, 8, 9, 10],
    ]);
  });

  it.each([
    [11, 5, 2],
    [10, 5, 1],
    [6, 5, 1],
    [111540, 64, 1742],
  ])('covers %i tokens by windows of %i, one after the other: %i', (length, context, count) => {
    const windows = new TextDataset(new Int32Array(length), { context, stride: context });
    expect(windows.length).toBe(count);
    expect(windows.get(count - 1).targets).toHaveLength(context);
    expect(() => windows.get(count)).toThrow('expected index');
  });

  it('predicts each token once when the windows do not overlap', () => {
    const windows = new TextDataset(tokens, { context: 5, stride: 5 });
    expect([...windows.get(0).targets, ...windows.get(1).targets]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('reaches its first and last window at random', () => {
    const windows = new TextDataset(tokens, { context: 8 });
    const sampler = new RandomWithReplacementSampler(windows.length, { generator: new Generator(0) });
    const starts = new Set(Array.from({ length: 100 }, () => windows.get(sampler.next()).inputs[0]));
    expect([...starts].sort()).toEqual([0, 1, 2]);
  });

  it('refuses a text that is too short', () => {
    expect(() => new TextDataset(new Int32Array(64), { context: 64 })).toThrow(
      'TextDataset: expected tokens to have at least 65 tokens (context + 1), received 64. Take a longer text',
    );
    expect(() => new TextDataset(new Int32Array(0), { context: 1 })).toThrow('received 0');
  });

  it.each([{ context: 0 }, { context: 1.5 }, { context: 4, stride: 0 }])('refuses %j', (options) => {
    expect(() => new TextDataset(tokens, options)).toThrow('to be an integer >= 1');
  });
});

describe('splitTokens', () => {
  it('cuts tinyshakespeare where nanoGPT cuts it', () => {
    const { train, validation } = splitTokens(new Int32Array(1115394));
    expect([train.length, validation.length]).toEqual([1003854, 111540]);
  });

  it('refuses an empty text and fractions that leave nothing', () => {
    expect(() => splitTokens(new Int32Array(0))).toThrow('expected tokens to be a text, received an empty one');
    expect(() => splitTokens(tokens, 1)).toThrow('fraction');
    expect(() => splitTokens(tokens, 0)).toThrow('fraction');
  });
});
