// SPDX-License-Identifier: Apache-2.0
// Tests of keys and values that are kept: how their memory grows, and how a part of them is forgotten.

import {
  Generator,
  type Tensor,
  fill,
  noGrad,
  ones,
  reshape,
  scope,
  slice,
  tensor2d,
  tensor4d,
  zeros,
} from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { KeyValueCache } from './cache.ts';

const part = (x: Tensor, first: number, time: number): Tensor => slice(x, [0, first], [-1, time]);

describe.each(devices())('a cache on %s', (device) => {
  useDevice(device);

  it.each([
    ['within its memory', 70, 66],
    ['into less memory', 200, 64],
    ['to its beginning', 100, 1],
    ['to nothing', 70, 0],
  ])('goes on after it was cut %s', (_, before, kept) => {
    const config = { vocab_size: 19, n_positions: 300, n_embd: 12, n_layer: 2, n_head: 3, initializer_range: 0.3 };
    const model = new GPT2LMHeadModel(config, new Generator(1)).eval();
    const tokensOf = (from: number): Tensor =>
      tensor2d(
        Int32Array.from({ length: 2 * 210 }, (__, i) => (i * 7 + from) % 19),
        [2, 210],
        'int32',
      );
    const tokens = tokensOf(3);
    const cache = model.newCache();
    noGrad(() => {
      const whole = model.forward(tokens);
      if (kept > 0) model.hidden(part(tokens, 0, kept), { cache });
      model.hidden(part(tokensOf(8), kept, before - kept), { cache });
      cache.truncate(kept);
      expect(cache.time).toBe(kept);
      for (const [at, time] of [
        [kept, 7],
        [kept + 7, 1],
        [kept + 8, 130],
      ] as const) {
        const logits = model.forward(part(tokens, at, time), { cache });
        expect(logits).toBeCloseToTensor(part(whole, at, time), tolerance('matmul', 128));
      }
    });
    cache.dispose();
    model.dispose();
  });

  it('holds nothing of what was forgotten, which attention would multiply by 0', () => {
    const cache = new KeyValueCache(1);
    cache.write(0, ones([1, 1, 2, 1]), ones([1, 1, 2, 1]));
    cache.advance(2);
    cache.write(0, fill([1, 1, 3, 1], NaN), fill([1, 1, 3, 1], NaN));
    cache.advance(3);
    cache.truncate(2);
    const { keys, values } = cache.write(0, ones([1, 1, 1, 1]), ones([1, 1, 1, 1]));
    const expected = Array.from({ length: cache.capacity(1) }, (_, i) => (i < 3 ? 1 : 0));
    expect([...keys.dataSync()]).toEqual(expected);
    expect([...values.dataSync()]).toEqual(expected);
    cache.dispose();
  });
});

describe.each(devices())('the rows of a cache on %s', (device) => {
  useDevice(device);

  /** A cache of three rows, whose keys are 0, 1, 2, whose values are 10 more, and what was computed once 100 more. */
  function withRows(use: (cache: KeyValueCache, rows: () => number[][]) => void): void {
    const cache = new KeyValueCache(1);
    const from = (first: number): Tensor => tensor4d([first, first + 1, first + 2], [3, 1, 1, 1]);
    const none = (): Tensor => zeros([cache.memory?.shape[0] ?? 0, 1, 1, 1]);
    cache.write(0, from(0), from(10));
    cache.advance(1);
    cache.once(0, () => ({ keys: from(100), values: from(110) }));
    scope(() =>
      use(cache, () => {
        const fixed = cache.once(0, () => ({ keys: none(), values: none() }));
        const { keys, values } = cache.write(0, none(), none()); // behind what is there
        return [keys, values, fixed.keys, fixed.values].map((all) => [
          ...part(reshape(all, [all.shape[0], -1]), 0, 1).dataSync(),
        ]);
      }),
    );
    cache.dispose();
  }

  const rowsOf = (order: number[], fixed = order): number[][] =>
    [0, 10, 100, 110].map((first) => (first < 100 ? order : fixed).map((row) => first + row));

  it.each([
    ['two that change places', [1, 0, 2]],
    ['all of them', [2, 0, 1]],
    ['one that becomes another', [0, 1, 0]],
    ['none', [0, 1, 2]],
  ])('stay in their memory: %s', (_, order) =>
    withRows((cache, rows) => {
      const { memory } = cache;
      cache.reorder(order);
      expect(rows()).toEqual(rowsOf(order));
      expect(cache.memory).toBe(memory);
    }),
  );

  it.each([[[2, 0]], [[0, 0, 1, 2, 1]], [[1]]])('become others: %j', (order) =>
    withRows((cache, rows) => {
      cache.reorder(order);
      expect(rows()).toEqual(rowsOf(order));
    }),
  );

  it('keep what was computed once where they read what they read before', () =>
    withRows((cache, rows) => {
      Array.from(cache.reorderByLayer([1, 1, 2], { sameSources: true }));
      expect(rows()).toEqual(rowsOf([1, 1, 2], [0, 1, 2]));
    }));

  it('are not others', () =>
    withRows((cache) => {
      expect(() => cache.reorder([0, 1, 3])).toThrowCode('ARGUMENT', /to be rows of the 3 in the cache, received 3/);
    }));
});

describe('the memory of a cache', () => {
  it('has room for each time, an eighth of itself and 63 steps too much at most', () => {
    const cache = new KeyValueCache(0);
    const rooms = Array.from({ length: 5000 }, (_, time) => cache.capacity(time));
    rooms.forEach((room, time) => {
      expect(room).toBeGreaterThanOrEqual(Math.max(time, rooms[time - 1] ?? 0));
      expect(room).toBeLessThanOrEqual(time + Math.max(63, time / 8));
    });
    expect([1, 64, 65, 1000, 1025, 1300].map((time) => rooms[time])).toEqual([64, 64, 128, 1024, 1152, 1408]);
  });

  it('cannot be cut to more than there is', () => {
    const cache = new KeyValueCache(1);
    cache.advance(3);
    expect(() => cache.truncate(4)).toThrowCode('ARGUMENT', /time to be an integer >= 0 and <= 3, received 4/);
    cache.dispose();
  });
});
