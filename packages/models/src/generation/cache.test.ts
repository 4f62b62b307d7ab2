// SPDX-License-Identifier: Apache-2.0
// Tests of keys and values that are kept: how their memory grows, and how a part of them is forgotten.

import { Generator, type Tensor, fill, noGrad, ones, slice, tensor2d } from '@nabla/core';
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
