// SPDX-License-Identifier: Apache-2.0
// Tests of cachedSelfAttention on every device.

import { devices, randomMask, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { memory, scope } from '../memory.ts';
import { type Tensor, clone, range, tensor, zeros } from '../tf.ts';
import { type AttentionCache, cachedSelfAttention, plainCachedSelfAttention } from './cached-self-attention.ts';
import { selfAttention } from './self-attention.ts';

type Sizes = readonly [batch: number, heads: number, time: number, headSize: number, past: number, capacity: number];

function cacheOf([batch, heads, , headSize, past, capacity]: Sizes): AttentionCache & { readonly past: number } {
  const shape = [batch, heads, capacity, headSize];
  return { keys: randomTensor(shape, { seed: 2 }), values: randomTensor(shape, { seed: 3 }), past };
}

function inputOf([batch, heads, time, headSize]: Sizes): Tensor {
  return randomTensor([batch, time, 3 * heads * headSize], { seed: 1 });
}

describe.each(devices())('cachedSelfAttention on %s', (device) => {
  useDevice(device);

  it.each<Sizes>([
    [1, 1, 1, 1, 0, 1],
    [1, 12, 1, 64, 31, 64],
    [3, 2, 1, 5, 4, 7],
    [2, 3, 5, 3, 2, 9],
    [1, 2, 17, 16, 0, 17],
    [2, 1, 33, 15, 31, 65],
  ])('equals its formula for %i %i %i %i behind %i of %i, with masks too', (...sizes) => {
    const [batch, heads, time, , , capacity] = sizes;
    const x = inputOf(sizes);
    const hidden = { mask: randomMask([batch, 1, time, capacity], { seed: 5 }) };
    const added = { mask: randomTensor([heads, 1, capacity], { seed: 6 }), scale: 0.3 };
    for (const options of [{}, { causal: true }, hidden, added]) {
      const expected = plainCachedSelfAttention(x, heads, cacheOf(sizes), options);
      expect(cachedSelfAttention(x, heads, cacheOf(sizes), options)).toBeCloseToTensor(
        expected,
        tolerance('matmul', 64 + capacity),
      );
    }
  });

  it.each<Sizes>([
    [1, 12, 1, 64, 31, 64],
    [3, 2, 2, 5, 4, 7],
  ])('writes to positions what it writes behind the past for %i %i %i %i behind %i of %i', (...sizes) => {
    const [, heads, time, , past] = sizes;
    const x = inputOf(sizes);
    const behind = cacheOf(sizes);
    const expected = cachedSelfAttention(x, heads, behind);
    const positions = range(past, past + time, 1, 'int32');
    const placed = { ...cacheOf(sizes), past: positions };
    expect(plainCachedSelfAttention(x, heads, placed)).toBeCloseToTensor(expected, tolerance('matmul', 128));
    expect(cachedSelfAttention(x, heads, placed)).toBeCloseToTensor(expected, tolerance('exact'));
    expect(placed.keys).toBeCloseToTensor(behind.keys, tolerance('exact'));
    expect(placed.values).toBeCloseToTensor(behind.values, tolerance('exact'));
  });

  it('gives step by step what selfAttention gives at once', () => {
    const x = inputOf([2, 3, 5, 4, 0, 0]);
    const atOnce = selfAttention(x, 3, { causal: true });
    const [keys, values] = [zeros([2, 3, 8, 4]), zeros([2, 3, 8, 4])];
    for (let past = 0; past < 5; past++) {
      const step = x.slice([0, past, 0], [2, 1, 36]);
      const mask = tensor(
        Array.from({ length: 8 }, (_, key) => key <= past),
        [8],
        'bool',
      );
      const out = cachedSelfAttention(step, 3, { keys, values, past }, { mask });
      expect(out).toBeCloseToTensor(atOnce.slice([0, past, 0], [2, 1, 12]), tolerance('matmul', 64));
    }
  });

  it('leaves alone what shared the memory of the cache, and leaves nothing behind', () => {
    const sizes: Sizes = [1, 2, 1, 3, 1, 4];
    const cache = cacheOf(sizes);
    const before = clone(cache.keys);
    const was = [...before.dataSync()];
    const x = inputOf(sizes);
    cachedSelfAttention(x, 2, cache).dispose();
    expect([...before.dataSync()]).toEqual(was);
    expect([...cache.keys.dataSync()]).not.toEqual(was);
    const { tensors, bytes } = memory();
    scope(() => void cachedSelfAttention(x, 2, cache));
    expect(memory()).toMatchObject({ tensors, bytes });
  });

  it('takes no time steps, and empty batches', () => {
    expect(cachedSelfAttention(zeros([1, 0, 6]), 1, cacheOf([1, 1, 0, 2, 1, 3])).shape).toEqual([1, 0, 2]);
    expect(cachedSelfAttention(zeros([0, 1, 6]), 1, cacheOf([0, 1, 1, 2, 1, 3])).shape).toEqual([0, 1, 2]);
  });

  it('says what is wrong', () => {
    const sizes: Sizes = [1, 2, 1, 3, 1, 4];
    const cache = cacheOf(sizes);
    const x = inputOf(sizes);
    expect(() => cachedSelfAttention(x, 2, { ...cache, past: 4 })).toThrow(
      /at most 0 time steps behind 4, for a cache of 4/,
    );
    expect(() => cachedSelfAttention(x, 2, { ...cache, past: -1 })).toThrow(/past/);
    expect(() => cachedSelfAttention(x, 2, { ...cache, past: tensor([4], [1], 'int32') })).toThrowCode(
      'DATA',
      /0 to 3/,
    );
    expect(() => cachedSelfAttention(x, 2, { ...cache, past: tensor([0, 1], [2], 'int32') })).toThrowCode('SHAPE');
    expect(() => cachedSelfAttention(x, 2, { ...cache, past: tensor([0]) })).toThrowCode('DTYPE');
    expect(() => cachedSelfAttention(x, 4, cache)).toThrow(/a multiple of 12/);
    expect(() => cachedSelfAttention(x, 0, cache)).toThrow(/heads/);
    expect(() => cachedSelfAttention(x, 2, { ...cache, keys: zeros([1, 2, 4, 4]) })).toThrow(/keys.*must match x/s);
    expect(() => cachedSelfAttention(x, 2, { ...cache, values: zeros([1, 2, 5, 3]) })).toThrow(/values/);
    expect(() => cachedSelfAttention(x, 2, { ...cache, keys: zeros([1, 2, 4, 3], 'int32') })).toThrow(/float32/);
    expect(() => cachedSelfAttention(x, 2, cache, { mask: zeros([5], 'bool') })).toThrow(/broadcasts/);
  });
});
