// SPDX-License-Identifier: Apache-2.0
// Tests of the sampler of similar lengths; what all samplers promise is in the suite of samplers.

import { Generator } from '@nabla/core';

import { SimilarLengthSampler } from './similar-length-sampler.ts';

const lengths = Array.from({ length: 1003 }, (_, i) => 1 + ((i * 7919) % 40));
const make = (seed: number): SimilarLengthSampler =>
  new SimilarLengthSampler(lengths, { batchSize: 10, generator: new Generator(seed) });

/** The lengths of an epoch's examples, batch by batch. */
function batches(sampler: SimilarLengthSampler): number[][] {
  const order = Array.from({ length: lengths.length }, () => sampler.next());
  expect([...order].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
  const cut = Array.from({ length: Math.ceil(order.length / 10) }, (_, i) => order.slice(10 * i, 10 * (i + 1)));
  return cut.map((batch) => batch.map((index) => lengths[index] ?? NaN));
}

it('gives batches that are hardly padded, in an order that has nothing to do with length', () => {
  const found = batches(make(1));
  const padded = found.reduce((total, batch) => total + Math.max(...batch) * batch.length, 0);
  const needed = lengths.reduce((total, length) => total + length, 0);
  expect(padded / needed).toBeLessThan(1.05);
  const means = found.map((batch) => batch.reduce((a, b) => a + b, 0) / batch.length);
  const rises = means.slice(1).filter((mean, i) => mean > (means[i] ?? 0)).length;
  expect(rises / means.length).toBeGreaterThan(0.3);
  expect(rises / means.length).toBeLessThan(0.7);
});

it('gives other batches in each epoch', () => {
  const sampler = make(1);
  expect(batches(sampler)).not.toEqual(batches(sampler));
});

it('refuses a batch of nothing', () => {
  const options = { batchSize: 0, generator: new Generator(1) };
  expect(() => new SimilarLengthSampler([1], options)).toThrow(/SimilarLengthSampler.*batchSize/);
});
