// SPDX-License-Identifier: Apache-2.0
// Tests of the generator: its distributions, its state, and that nobody sees how draws were split into calls.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { cosineAndSine, fillKept, fillNormal, fillUniform, negativeLogarithm } from './backend/definitions/random.ts';
import { cpuTargets, getCpuTarget, listDevices, setCpuTarget, setDevice } from './index.ts';
import { Generator } from './random.ts';

const { PI, abs, cos, exp, log, max, sin, sqrt } = Math;

beforeAll(() => {
  setDevice('js');
});

/** Mean, variance, skewness and excess kurtosis. */
function moments(values: Float32Array): number[] {
  const about = (centre: number, power: number): number =>
    values.reduce((sum, value) => sum + (value - centre) ** power, 0) / values.length;
  const mean = about(0, 1);
  const variance = about(mean, 2);
  return [mean, variance, about(mean, 3) / variance ** 1.5, about(mean, 4) / variance ** 2 - 3];
}

/** The largest distance between the distribution of `values` and the given one (Kolmogorov and Smirnov). */
function distance(values: Float32Array, cumulative: (x: number) => number): number {
  const sorted = values.slice().sort();
  return sorted.reduce((worst, value, i) => {
    const expected = cumulative(value);
    return max(worst, abs(expected - i / sorted.length), abs(expected - (i + 1) / sorted.length));
  }, 0);
}

function normalCumulative(x: number): number {
  const steps = 200;
  const width = x / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += exp(-(((i + 0.5) * width) ** 2) / 2);
  return 0.5 + (sum * width) / sqrt(2 * PI);
}

const sha256 = (values: Float32Array | Uint8Array): string =>
  createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex').slice(0, 16);

describe('the fills', () => {
  it('have the bits that every device must give', () => {
    const floats = new Float32Array(100_003);
    const bytes = new Uint8Array(100_003);
    fillUniform(floats, 42, 4294967290, 1, 3);
    expect(sha256(floats)).toBe('7339bbb04df5ed61');
    fillNormal(floats, 9007199254740991, 7, -0.3, 0.7);
    expect(sha256(floats)).toBe('e148a4e085b4e9ea');
    fillKept(bytes, 3, 123456789012, 0.1);
    expect(sha256(bytes)).toBe('cda72d79a9c43ead');
  });

  it('compute element i from its index alone', () => {
    const fills = [
      (out: Float32Array, offset: number) => fillUniform(out, 5, offset, -1, 2),
      (out: Float32Array, offset: number) => fillNormal(out, 5, offset, -1, 2),
      (out: Float32Array, offset: number) => fillKept(out, 5, offset, 0.5),
    ];
    for (const fill of fills) {
      const whole = new Float32Array(64);
      fill(whole, 10);
      for (let size = 0; size < 20; size++) {
        const part = new Float32Array(size);
        fill(part, 13);
        expect(part).toEqual(whole.slice(12, 12 + size));
      }
    }
  });

  it('use a logarithm and angles within 1e-15', () => {
    const turn = new Float64Array(2);
    let worst = 0;
    const edges = [
      0,
      1,
      2,
      3,
      2 ** 29 - 1,
      2 ** 29,
      2 ** 30,
      2 ** 31 - 1,
      2 ** 31,
      0xb504f333,
      0xb504f334,
      2 ** 32 - 1,
    ];
    for (const word of [...edges, ...Array.from({ length: 10_000 }, (_, i) => i * 429_479)]) {
      const logarithm = -log(max(word, 1) / 2 ** 32);
      const angle = (word / 2 ** 32) * 2 * PI;
      cosineAndSine(word, turn);
      worst = max(worst, abs(negativeLogarithm(word) - logarithm) / max(1, logarithm));
      worst = max(worst, abs(turn[0] - cos(angle)), abs(turn[1] - sin(angle)));
    }
    expect(worst).toBeLessThan(1e-15);
  });

  it('never give the upper end, even where rounding would', () => {
    const out = new Float32Array(200_000);
    for (const [low, high] of [
      [1, 1 + 2 ** -22],
      [0, 0.1],
      [-3, -2.9999998],
      [5, 5],
    ]) {
      fillUniform(out, 1, 0, low, high);
      expect(out.every((value) => value >= Math.fround(low) && (value < high || value === Math.fround(low)))).toBe(
        true,
      );
    }
  });
});

describe.each(listDevices().filter(({ available }) => available))('on device $device', ({ device }) => {
  afterAll(() => {
    setDevice('js');
  });

  it('every CPU target has those bits', async () => {
    setDevice(device);
    const target = device === 'cpu' ? getCpuTarget() : undefined;
    for (const name of target === undefined ? ['none'] : cpuTargets()) {
      if (target !== undefined) setCpuTarget(name);
      for (const size of [0, 1, 3, 4, 17, 100_003]) {
        const [uniform, normal] = [new Float32Array(size), new Float32Array(size)];
        fillUniform(uniform, 42, 2 ** 32 - 6, 1, 3);
        fillNormal(normal, 42, 2 ** 32 - 6 + Math.ceil(size / 4), -0.3, 0.7);
        const generator = Generator.fromState({ seed: 42, offset: 2 ** 32 - 6 });
        const drawn = [generator.uniform([size], 1, 3), generator.normal([size], -0.3, 0.7)];
        expect(sha256((await drawn[0].data()) as Float32Array)).toBe(sha256(uniform));
        expect(sha256((await drawn[1].data()) as Float32Array)).toBe(sha256(normal));
        for (const tensor of drawn) tensor.dispose();
      }
    }
    if (target !== undefined) setCpuTarget(target);
  });
});

describe('Generator', () => {
  const size = 200_000;

  it('draws uniform numbers', async () => {
    const values = (await new Generator(1).uniform([size], -2, 4).data()) as Float32Array;
    const [mean, variance, skewness, kurtosis] = moments(values);
    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeCloseTo(3, 1);
    expect(skewness).toBeCloseTo(0, 1);
    expect(kurtosis).toBeCloseTo(-1.2, 1);
    expect(distance(values, (x) => (x + 2) / 6)).toBeLessThan(1.63 / sqrt(size)); // 1 % level
  });

  it('draws normal numbers', async () => {
    const values = (await new Generator(2).normal([size], 3, 0.5).data()) as Float32Array;
    const [mean, variance, skewness, kurtosis] = moments(values);
    expect(mean).toBeCloseTo(3, 2);
    expect(variance).toBeCloseTo(0.25, 2);
    expect(skewness).toBeCloseTo(0, 1);
    expect(kurtosis).toBeCloseTo(0, 1);
    const standard = values.slice(0, 10_000).map((value) => (value - 3) / 0.5);
    expect(distance(standard, normalCumulative)).toBeLessThan(1.63 / sqrt(standard.length));
  });

  it('draws pairs of normal numbers that do not correlate', async () => {
    const values = (await new Generator(3).normal([size]).data()) as Float32Array;
    for (const lag of [1, 2, 3, 4, 5]) {
      let sum = 0;
      for (let i = lag; i < size; i++) sum += values[i] * values[i - lag];
      expect(abs(sum / size)).toBeLessThan(4 / sqrt(size));
    }
  });

  it('draws integers without favour', () => {
    const generator = new Generator(4);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[generator.integer(6)]++;
    const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquared).toBeLessThan(15.1); // 1 % level, 5 degrees of freedom
    expect(generator.integer(1)).toBe(0);
  });

  it('draws large integers without favour for small ones', () => {
    const generator = new Generator(5);
    const bound = 3 * 2 ** 51; // a remainder alone would make the lower third twice as likely
    let lower = 0;
    for (let i = 0; i < 30_000; i++) if (generator.integer(bound) < bound / 3) lower++;
    expect(abs(lower - 10_000)).toBeLessThan(3 * sqrt((30_000 * 2) / 9));
  });

  it('permutes, each order equally often', () => {
    const generator = new Generator(6);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = generator.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(41.6); // 1 % level, 23 degrees of freedom
    expect([...generator.permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(generator.permutation(0)).toEqual(new Int32Array(0));
  });

  it('goes on exactly from its state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.maxSafeNat(), fc.array(fc.nat(9), { maxLength: 5 }), async (seed, sizes) => {
        const generator = new Generator(seed);
        for (const count of sizes) generator.uniform([count]).dispose();
        generator.integer(10);
        const copy = Generator.fromState(JSON.parse(JSON.stringify(generator.state())));
        const [original, restored] = [generator.normal([5]), copy.normal([5])];
        expect(await restored.data()).toEqual(await original.data());
        expect(copy.state()).toEqual(generator.state());
      }),
      { seed: 3, numRuns: 20 },
    );
  });

  it('gives different numbers for every seed and every call', async () => {
    const generator = new Generator(0);
    const draws = [generator.uniform([8]), generator.uniform([8]), new Generator(1).uniform([8])];
    draws.push(new Generator(2 ** 32).uniform([8]));
    const lists = await Promise.all(draws.map(async (draw) => String(await draw.data())));
    expect(new Set(lists).size).toBe(4);
  });

  it('uses a block for four elements', () => {
    const generator = new Generator(0);
    expect(generator.next(3)).toBe(0);
    generator.uniform([2, 3]).dispose();
    generator.uniform([0, 3]).dispose();
    generator.normal([]).dispose();
    expect(generator.offset).toBe(6);
  });

  it('says where a stream ends', () => {
    const generator = Generator.fromState({ seed: 1, offset: Number.MAX_SAFE_INTEGER - 1 });
    expect(generator.next(1)).toBe(Number.MAX_SAFE_INTEGER - 1);
    expect(() => generator.next(1)).toThrow(expect.objectContaining({ code: 'RANDOM' }));
  });

  it.each([[-1], [1.5], [2 ** 53], ['1'], [undefined]])('refuses the seed %p', (seed) => {
    expect(() => new Generator(seed as number)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });

  it('refuses what makes no distribution', () => {
    const generator = new Generator(0);
    const refused = expect.objectContaining({ code: 'ARGUMENT' });
    expect(() => generator.uniform([2], 1, 0)).toThrow(refused);
    expect(() => generator.uniform([2], 0, Infinity)).toThrow(refused);
    expect(() => generator.uniform([-2])).toThrow(refused);
    expect(() => generator.normal([2], 0, -1)).toThrow(refused);
    expect(() => generator.integer(0)).toThrow(refused);
    expect(() => generator.permutation(2 ** 31)).toThrow(refused);
    expect(() => Generator.fromState({ seed: 1, offset: -1 })).toThrow(refused);
    expect(generator.offset).toBe(0);
  });
});
