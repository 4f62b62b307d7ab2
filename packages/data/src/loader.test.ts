// SPDX-License-Identifier: Apache-2.0
// Tests of the data loader.

import { Generator, memory } from '@nabla/core';
import { collateTable, collateText } from './collate.ts';
import type { Dataset } from './dataset.ts';
import { DistributedSampler } from './distributed-sampler.ts';
import { DataLoader, type DataLoaderOptions } from './loader.ts';
import { RandomSampler, RandomWithReplacementSampler, SequentialSampler } from './sampler.ts';
import { TextDataset } from './text-dataset.ts';

const numbers = (length: number): Dataset<number> => ({ length, get: (index) => index });
const loader = (length: number, options: Partial<DataLoaderOptions<number, number[]>>): DataLoader<number, number[]> =>
  new DataLoader(numbers(length), { batchSize: 2, collate: (examples) => [...examples], ...options });
const random = (length: number, seed: number): RandomSampler =>
  new RandomSampler(length, { generator: new Generator(seed) });

describe('DataLoader', () => {
  it('gives an epoch in order, each time anew', () => {
    const batches = loader(5, {});
    expect([...batches]).toEqual([[0, 1], [2, 3], [4]]);
    expect([...batches]).toEqual([[0, 1], [2, 3], [4]]);
    expect([batches.epoch, batches.batchesPerEpoch]).toEqual([2, 3]);
  });

  it('gives batches without end', () => {
    const batches = loader(3, {});
    expect(Array.from({ length: 5 }, () => batches.next())).toEqual([[0, 1], [2], [0, 1], [2], [0, 1]]);
  });

  it('drops a last batch that is not full', () => {
    const batches = loader(5, { dropLast: true });
    expect(batches.batchesPerEpoch).toBe(2);
    expect([...batches, ...batches]).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
      [2, 3],
    ]);
    expect(batches.epoch).toBe(2);
  });

  it('drops what is left of a random epoch, and starts the next one whole', () => {
    const batches = loader(5, { dropLast: true, sampler: random(5, 1) });
    for (let epoch = 0; epoch < 4; epoch++) expect(new Set([...batches].flat()).size).toBe(4);
  });

  it('gives the rest of an epoch that was left early', () => {
    const batches = loader(5, {});
    for (const batch of batches) {
      expect(batch).toEqual([0, 1]);
      break;
    }
    expect([...batches]).toEqual([[2, 3], [4]]);
  });

  it.each([true, false])('goes on from a saved state exactly, dropLast %p', (dropLast) => {
    const batches = loader(7, { dropLast, sampler: random(7, 1) });
    for (let i = 0; i < 9; i++) {
      batches.next();
      const resumed = loader(7, { dropLast, sampler: random(7, 2) });
      resumed.loadState(JSON.parse(JSON.stringify(batches.state())));
      const ahead = loader(7, { dropLast, sampler: random(7, 3) });
      ahead.loadState(batches.state());
      expect(resumed.next()).toEqual(ahead.next());
      expect([...resumed]).toEqual([...ahead]);
    }
  });

  it('gives collate a generator whose state is saved with the position', () => {
    const make = (seed: number): DataLoader<number, number[]> =>
      loader(7, {
        collate: (examples, generator) => examples.map((example) => 1000 * example + generator.integer(1000)),
        generator: new Generator(seed),
        sampler: random(7, 1),
      });
    const batches = make(1);
    for (let i = 0; i < 9; i++) {
      const resumed = make(2);
      resumed.loadState(JSON.parse(JSON.stringify(batches.state())));
      expect(resumed.next()).toEqual(batches.next());
    }
    expect(make(1).next()).not.toEqual(make(2).next());
  });

  it('starts from seed 0 without a generator, and saves what was drawn', () => {
    const collate = (examples: readonly number[], generator: Generator): number[] =>
      examples.map(() => generator.integer(1e6));
    const batches = loader(7, { collate });
    expect(batches.state()).not.toHaveProperty('generator');
    const fresh = batches.state();
    const first = batches.next();
    const resumed = loader(7, { collate });
    resumed.loadState(batches.state());
    expect(resumed.next()).toEqual(batches.next());
    resumed.loadState(fresh);
    expect(resumed.next()).toEqual(first);
  });

  it('takes the number of batches from the sampler, where that gives a share of the data set', () => {
    const sampler = new DistributedSampler(10, { generator: new Generator(0), rank: 1, worldSize: 3 });
    const batches = loader(10, { batchSize: 3, sampler });
    expect(batches.batchesPerEpoch).toBe(2);
    expect([...batches].map((batch) => batch.length)).toEqual([3, 1]);
    expect(() => loader(10, { batchSize: 5, sampler, dropLast: true })).toThrow('batchSize to be at most 4');
  });

  it('is unmoved by being saved', () => {
    const [saved, plain] = [loader(7, { sampler: random(7, 1) }), loader(7, { sampler: random(7, 1) })];
    for (let i = 0; i < 9; i++) {
      saved.state();
      expect(saved.next()).toEqual(plain.next());
    }
  });

  it('refuses states and options that do not fit', () => {
    const batches = loader(5, {});
    const state = batches.state();
    expect(() => loader(5, { batchSize: 3 }).loadState(state)).toThrow('expected batchSize to be 3, received 2');
    expect(() => loader(6, {}).loadState(state)).toThrow('expected length to be 6, received 5');
    expect(() => loader(5, { sampler: random(5, 0) }).loadState(state)).toThrow('expected kind to be RandomSampler');
    expect(() => loader(5, { batchSize: 0 })).toThrow('batchSize to be an integer >= 1');
    expect(() => loader(5, { batchSize: 6, dropLast: true })).toThrow('batchSize to be at most 5');
    expect(() => loader(0, {})).toThrow('expected dataset to have examples');
    expect(() => loader(5, { sampler: new SequentialSampler(4) })).toThrow(
      'for the 5 examples of the data set, received one for 4',
    );
    expect(() => batches.loadState(JSON.parse('null'))).toThrow('to be an object, received null');
    expect(() => batches.loadState(JSON.parse('{"batchSize":2}'))).toThrow('to be an object, received null');
    // @ts-expect-error: no such option
    expect(() => loader(5, { batchsize: 1 })).toThrow('Did you mean "batchSize"?');
  });
});

describe('collate', () => {
  it('makes tensors of table rows', () => {
    const { features, labels } = collateTable([
      { features: new Float32Array([1, 2]), label: 3 },
      { features: new Float32Array([4, 5]), label: 6 },
    ]);
    expect([features.shape, features.dtype, [...features.dataSync()]]).toEqual([[2, 2], 'float32', [1, 2, 4, 5]]);
    expect([labels.shape, labels.dtype, [...labels.dataSync()]]).toEqual([[2], 'int32', [3, 6]]);
    features.dispose();
    labels.dispose();
  });

  it('makes tensors of text windows, the same after a resume, and keeps none', () => {
    const before = memory().tensors;
    const dataset = new TextDataset(
      Int32Array.from({ length: 500 }, (_, i) => i),
      { context: 8 },
    );
    const make = (
      seed: number,
    ): DataLoader<{ inputs: Int32Array; targets: Int32Array }, ReturnType<typeof collateText>> =>
      new DataLoader(dataset, {
        batchSize: 12,
        collate: collateText,
        sampler: new RandomWithReplacementSampler(dataset.length, { generator: new Generator(seed) }),
      });
    const batches = make(1);
    for (let i = 0; i < 50; i++) {
      const state = batches.state();
      const { inputs, targets } = batches.next();
      expect([inputs.shape, inputs.dtype, targets.shape, targets.dtype]).toEqual([[12, 8], 'int32', [12, 8], 'int32']);
      const resumed = make(2);
      resumed.loadState(state);
      const again = resumed.next();
      expect(again.inputs.dataSync()).toEqual(inputs.dataSync());
      expect(Array.from(targets.dataSync())).toEqual(Array.from(inputs.dataSync(), (id) => id + 1));
      for (const tensor of [inputs, targets, again.inputs, again.targets]) tensor.dispose();
    }
    expect(memory().tensors).toBe(before);
  });
});
