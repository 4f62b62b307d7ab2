// SPDX-License-Identifier: Apache-2.0
// Tests of reading ahead: the same batches as without, a bound on what is read, errors in their place, and an end at any time.

import { ArgumentError, Generator } from '@nabla/core';
import fc from 'fast-check';
import type { AsyncDataset } from './async-dataset.ts';
import { AsyncDataLoader, type AsyncDataLoaderOptions } from './async-loader.ts';
import { DataLoader } from './loader.ts';
import { RandomSampler } from './sampler.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Long enough for everything that was begun to end: no example below takes more than 9 turns. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 40; i++) await turn();
};

/** The index as example, after so many turns of the event loop that examples end in another order than they began. */
class SlowDataset implements AsyncDataset<number> {
  readonly length: number;
  readonly begun: number[] = [];
  underWay = 0;
  mostUnderWay = 0;
  failing: number | undefined;

  constructor(length: number) {
    this.length = length;
  }

  async get(index: number): Promise<number> {
    this.begun.push(index);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    for (let i = 0; i < (index * 7) % 10; i++) await turn();
    this.underWay -= 1;
    if (index !== this.failing) return index;
    const mismatch = { op: 'readImage', argument: `${index}.png`, expected: 'to be an image', received: 'noise' };
    throw new ArgumentError(mismatch, 'IMAGE');
  }
}

type Options = Partial<AsyncDataLoaderOptions<number, string>>;
const collate = (examples: readonly number[], generator: Generator): string =>
  examples.map((example) => `${example}:${generator.integer(1000)}`).join();
const load = (dataset: AsyncDataset<number>, options: Options = {}): AsyncDataLoader<number, string> =>
  new AsyncDataLoader(dataset, { batchSize: 2, collate, ...options });
const plain = (length: number, options: Omit<Options, 'prefetch'> = {}): DataLoader<number, string> =>
  new DataLoader({ length, get: (index: number) => index }, { batchSize: 2, collate, ...options });
const random = (length: number): RandomSampler => new RandomSampler(length, { generator: new Generator(5) });

async function epochOf(loader: AsyncDataLoader<number, string>): Promise<string[]> {
  const batches: string[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

describe('AsyncDataLoader', () => {
  it('gives the batches of a DataLoader, with any number read ahead, interrupted anywhere', async () => {
    const options = fc.record({
      length: fc.integer({ min: 1, max: 20 }),
      batchSize: fc.integer({ min: 1, max: 5 }),
      prefetch: fc.nat(4),
      dropLast: fc.boolean(),
      pause: fc.nat(12),
    });
    await fc.assert(
      fc.asyncProperty(options, async ({ length, batchSize, prefetch, dropLast, pause }) => {
        if (dropLast && batchSize > length) return;
        const expected = plain(length, { batchSize, dropLast, sampler: random(length) });
        const shared = { batchSize, dropLast, prefetch };
        const loader = load(new SlowDataset(length), { ...shared, sampler: random(length) });
        const resumed = load(new SlowDataset(length), { ...shared, sampler: random(length) });
        for (let i = 0; i < 12; i++) {
          if (i === pause) loader.close();
          expect(await loader.next()).toBe(expected.next());
          expect([loader.epoch, loader.state()]).toEqual([expected.epoch, expected.state()]);
        }
        resumed.loadState(JSON.parse(JSON.stringify(expected.state())));
        expect(await epochOf(resumed)).toEqual([...expected]);
        expect(resumed.batchesPerEpoch).toBe(expected.batchesPerEpoch);
      }),
      { numRuns: 40 },
    );
  });

  it.each([0, 1, 3])(
    'has no more than the batch and %i more under way, and begins them before they are asked for',
    async (prefetch) => {
      const dataset = new SlowDataset(40);
      const loader = load(dataset, { prefetch });
      await loader.next();
      expect(dataset.begun).toEqual(Array.from({ length: 2 * (1 + prefetch) }, (_, i) => i));
      expect(await epochOf(loader)).toHaveLength(19);
      expect(dataset.begun).toEqual(Array.from({ length: 40 }, (_, i) => i));
      expect(dataset.mostUnderWay).toBeLessThanOrEqual(2 * (1 + prefetch));
    },
  );

  it('makes no batch ahead, and reads nothing of the next epoch before that begins', async () => {
    let made = 0;
    const dataset = new SlowDataset(5);
    const loader = load(dataset, { prefetch: 9, collate: (examples) => `${++made}: ${examples.join()}` });
    await loader.next();
    await settle();
    expect([made, dataset.begun]).toEqual([1, [0, 1, 2, 3, 4]]);
    expect(await epochOf(loader)).toEqual(['2: 2,3', '3: 4']);
    await settle();
    expect(dataset.begun).toHaveLength(5);
    expect(await epochOf(loader)).toEqual(['4: 0,1', '5: 2,3', '6: 4']);
  });

  it('stops reading when the iteration is left early, and goes on with the next batch', async () => {
    const dataset = new SlowDataset(40);
    const loader = load(dataset, { sampler: random(40) });
    const expected = plain(40, { sampler: random(40) });
    for await (const batch of loader) {
      expect(batch).toBe(expected.next());
      break;
    }
    await settle();
    expect([dataset.begun.length, dataset.underWay]).toEqual([6, 0]);
    expect(await epochOf(loader)).toEqual([...expected]);
  });

  it('reports an example that cannot be had in its turn, with its code, and tries again', async () => {
    const dataset = new SlowDataset(8);
    dataset.failing = 5;
    const loader = load(dataset, { prefetch: 3 });
    const expected = plain(8);
    expect([await loader.next(), await loader.next()]).toEqual([expected.next(), expected.next()]);
    for (let i = 0; i < 2; i++) {
      await expect(loader.next()).rejects.toMatchObject({
        code: 'IMAGE',
        message: 'readImage: expected 5.png to be an image, received noise.',
      });
      expect(loader.state()).toEqual(expected.state());
    }
    dataset.failing = undefined;
    expect(await epochOf(loader)).toEqual([...expected]);
  });

  it('reports of two examples that cannot be had the first of the batch, not the first to fail', async () => {
    const fail = async (index: number): Promise<number> => {
      for (let i = index; i < 9; i++) await turn();
      throw new RangeError(`no ${index}`);
    };
    const loader = load({ length: 8, get: fail }, { batchSize: 4 });
    await expect(loader.next()).rejects.toThrow('no 0');
  });

  it('stands where it stood when collate throws, its generator too', async () => {
    let isBroken = true;
    const loader = load(new SlowDataset(4), {
      collate: (examples, generator) => {
        const batch = collate(examples, generator);
        if (isBroken) throw new RangeError('no memory');
        return batch;
      },
    });
    await expect(loader.next()).rejects.toThrow('no memory');
    isBroken = false;
    expect(await loader.next()).toBe(plain(4).next());
  });

  it('keeps the order when batches are asked for at the same time, closed and moved meanwhile', async () => {
    const expected = plain(20);
    const loader = load(new SlowDataset(20));
    const batches = [loader.next(), loader.next(), loader.next()];
    expect(await Promise.all(batches)).toEqual([expected.next(), expected.next(), expected.next()]);
    const waiting = loader.next();
    await turn();
    loader.close();
    expect(await waiting).toBe(expected.next());
    expect(await loader.next()).toBe(expected.next());
    const late = loader.next();
    await turn();
    loader.loadState(plain(20).state());
    const again = plain(20);
    expect([await late, await loader.next()]).toEqual([again.next(), again.next()]);
  });

  it('leaves alone what is read ahead and fails when nobody asks for it', async () => {
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    process.on('unhandledRejection', note);
    const dataset = new SlowDataset(8);
    dataset.failing = 3;
    for await (const batch of load(dataset)) {
      expect(batch).toBe(plain(8).next());
      break;
    }
    await settle();
    process.off('unhandledRejection', note);
    expect(failures).toEqual([]);
  });

  it('refuses states and options that do not fit', () => {
    const dataset = new SlowDataset(5);
    const loader = load(dataset);
    expect(() => load(dataset, { prefetch: -1 })).toThrow('AsyncDataLoader: expected prefetch to be an integer >= 0');
    expect(() => load(dataset, { batchSize: 0 })).toThrow('batchSize to be an integer >= 1');
    expect(() => load(new SlowDataset(0))).toThrow('expected dataset to have examples');
    expect(() => load(dataset, { sampler: random(4) })).toThrow(
      'for the 5 examples of the data set, received one for 4',
    );
    expect(() => loader.loadState(load(dataset, { batchSize: 3 }).state())).toThrow('expected batchSize to be 2');
    // @ts-expect-error: no such option
    expect(() => load(dataset, { prefech: 1 })).toThrow('Did you mean "prefetch"?');
  });
});
