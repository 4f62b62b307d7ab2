// SPDX-License-Identifier: Apache-2.0
// Tests of the initializers: bounds and moments as PyTorch documents them, and that equal seeds give equal values.

import { setDevice } from '../index.ts';
import { Generator } from '../random.ts';
import type { Tensor } from '../tf.ts';
import {
  type Initializer,
  calculateGain,
  computeFans,
  constant,
  kaimingNormal,
  kaimingUniform,
  normal,
  truncatedNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from './index.ts';
import { normalCumulative, normalQuantile } from './normal-quantile.ts';

const { abs, max, min, sqrt } = Math;

beforeAll(() => {
  setDevice('js');
});

/** Extremes, mean and standard deviation. */
async function describeValues(tensor: Tensor): Promise<{ low: number; high: number; mean: number; deviation: number }> {
  const values = (await tensor.data()) as Float32Array;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const low = values.reduce((a, b) => min(a, b), Infinity);
  const high = values.reduce((a, b) => max(a, b), -Infinity);
  return { low, high, mean, deviation };
}

const shape = [96, 32, 3, 3]; // fanIn 288, fanOut 864
const fanIn = 288;
const fanOut = 864;
const size = 96 * fanIn;

describe('uniform initializers', () => {
  it.each<[string, Initializer, number]>([
    ['xavierUniform', xavierUniform, sqrt(6 / (fanIn + fanOut))],
    ['xavierUniform with gain', (s, g) => xavierUniform(s, g, { gain: 5 / 3 }), (5 / 3) * sqrt(6 / (fanIn + fanOut))],
    ['kaimingUniform', kaimingUniform, sqrt(6 / fanIn)],
    ['kaimingUniform of fanOut', (s, g) => kaimingUniform(s, g, { mode: 'fanOut' }), sqrt(6 / fanOut)],
    ['kaimingUniform for tanh', (s, g) => kaimingUniform(s, g, { nonlinearity: 'tanh' }), (5 / 3) * sqrt(3 / fanIn)],
    // PyTorch's default for Linear and convolutions: a = sqrt(5)
    ['kaimingUniform with a slope', (s, g) => kaimingUniform(s, g, { negativeSlope: sqrt(5) }), 1 / sqrt(fanIn)],
    ['uniform', (s, g) => uniform(s, g, { low: -0.5, high: 0.5 }), 0.5],
  ])('%s fills exactly [-bound, bound)', async (_, initialize, bound) => {
    const { low, high, mean, deviation } = await describeValues(initialize(shape, new Generator(1)));
    expect(low).toBeGreaterThanOrEqual(-bound * (1 + 1e-7));
    expect(high).toBeLessThan(bound * (1 + 1e-7));
    expect(low).toBeLessThan(-bound * 0.999);
    expect(high).toBeGreaterThan(bound * 0.999);
    expect(abs(mean)).toBeLessThan((4 * bound) / sqrt(3 * size));
    expect(abs(deviation / (bound / sqrt(3)) - 1)).toBeLessThan(0.02);
  });
});

describe('normal initializers', () => {
  it.each<[string, Initializer, number, number]>([
    ['xavierNormal', xavierNormal, 0, sqrt(2 / (fanIn + fanOut))],
    ['kaimingNormal', kaimingNormal, 0, sqrt(2 / fanIn)],
    [
      'kaimingNormal for selu of fanOut',
      (s, g) => kaimingNormal(s, g, { nonlinearity: 'selu', mode: 'fanOut' }),
      0,
      0.75 / sqrt(fanOut),
    ],
    ['normal', (s, g) => normal(s, g, { mean: 3, standardDeviation: 0.5 }), 3, 0.5],
    ['normal by default', normal, 0, 1],
  ])('%s has its mean and standard deviation', async (_, initialize, expectedMean, expectedDeviation) => {
    const { mean, deviation } = await describeValues(initialize(shape, new Generator(2)));
    expect(abs(mean - expectedMean)).toBeLessThan((4 * expectedDeviation) / sqrt(size));
    expect(abs(deviation / expectedDeviation - 1)).toBeLessThan(0.02);
  });
});

describe('truncatedNormal', () => {
  it('has the moments of the normal distribution between its limits', async () => {
    const { low, high, mean, deviation } = await describeValues(truncatedNormal(shape, new Generator(3)));
    expect([low >= -2, high <= 2, low < -1.99, high > 1.99]).toEqual([true, true, true, true]);
    expect(abs(mean)).toBeLessThan(4 / sqrt(size));
    expect(deviation).toBeCloseTo(0.8796, 2); // sqrt(1 - 4 * density(2) / (1 - 2 * 0.02275))
  });

  it('reaches far into a tail, on either side', async () => {
    for (const side of [1, -1]) {
      const options = { mean: -20 * side, standardDeviation: 2, low: side === 1 ? -2 : -9, high: side === 1 ? 9 : 2 };
      const { low, high, mean } = await describeValues(truncatedNormal([20_000], new Generator(4), options));
      expect(low).toBeGreaterThanOrEqual(options.low);
      expect(high).toBeLessThanOrEqual(options.high);
      expect(mean).toBeCloseTo(-1.7828 * side, 1); // 9 deviations out: -20 + 2 * density(9) / tail(9), 1 / 9 of which is 0.217
    }
  });

  it('behaves as normal where the limits are far away', async () => {
    const options = { mean: 1, standardDeviation: 0.02 };
    const { mean, deviation } = await describeValues(truncatedNormal(shape, new Generator(5), options));
    expect(mean).toBeCloseTo(1, 3);
    expect(deviation).toBeCloseTo(0.02, 3);
  });

  it('refuses an interval in which nothing lies', () => {
    const refused = expect.objectContaining({ code: 'ARGUMENT' });
    expect(() => truncatedNormal([2], new Generator(0), { low: 1, high: 1 })).toThrow(refused);
    expect(() => truncatedNormal([2], new Generator(0), { low: 50, high: 60 })).toThrow(refused);
    expect(() => truncatedNormal([2], new Generator(0), { standardDeviation: 0 })).toThrow(refused);
  });

  it('rests on a quantile function and its inverse', () => {
    expect(normalQuantile(0.5)).toBeCloseTo(0, 9);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 8);
    expect(normalCumulative(-1)).toBeCloseTo(0.1586552539, 9);
    expect(normalCumulative(2)).toBeCloseTo(0.9772498681, 9);
    expect(normalCumulative(-9) / 1.1285884059538408e-19).toBeCloseTo(1, 7);
    expect(normalCumulative(-40)).toBe(0);
  });
});

describe('all initializers', () => {
  const all: [string, Initializer][] = Object.entries({
    constant,
    kaimingNormal,
    kaimingUniform,
    normal,
    truncatedNormal,
    uniform,
    xavierNormal,
    xavierUniform,
  });

  it.each(all)('%s gives equal values for equal seeds, in the shape asked for', async (_, initialize) => {
    const [a, b] = [initialize([5, 7], new Generator(9)), initialize([5, 7], new Generator(9))];
    expect(a.shape).toEqual([5, 7]);
    expect(a.dtype).toBe('float32');
    expect(await a.data()).toEqual(await b.data());
  });

  it.each(all)('%s makes tensors without elements', (_, initialize) => {
    expect(initialize([0, 0], new Generator(9)).shape).toEqual([0, 0]);
  });

  it.each(all)('%s refuses unknown options', (_, initialize) => {
    expect(() => initialize([2, 2], new Generator(0), { standardDeviaton: 1 })).toThrow(
      expect.objectContaining({ code: 'OPTION' }),
    );
  });
});

describe('fans and gains', () => {
  it('follow the layout [outputs, inputs, ...kernel]', () => {
    expect(computeFans('op', [5, 3])).toEqual({ fanIn: 3, fanOut: 5 });
    expect(computeFans('op', shape)).toEqual({ fanIn, fanOut });
    expect(() => computeFans('kaimingNormal', [5])).toThrow(
      'kaimingNormal: expected weight of shape [..., ?, ?], received [5].',
    );
    expect(() => xavierUniform([5], new Generator(0))).toThrow(expect.objectContaining({ code: 'RANK' }));
  });

  it('are those of PyTorch', () => {
    expect(calculateGain('linear')).toBe(1);
    expect(calculateGain('sigmoid')).toBe(1);
    expect(calculateGain('tanh')).toBe(5 / 3);
    expect(calculateGain('relu')).toBeCloseTo(1.4142135623730951, 15);
    expect(calculateGain('leakyRelu')).toBeCloseTo(1.4141428569978354, 15);
    expect(calculateGain('leakyRelu', 0.2)).toBeCloseTo(1.3867504905630728, 15);
    expect(calculateGain('selu')).toBe(0.75);
    expect(() => calculateGain('relu6' as 'relu')).toThrow('Did you mean "relu"?');
  });
});

it('constant is the same everywhere', async () => {
  const generator = new Generator(1);
  expect([...(await constant([3], generator, { value: 2.5 }).data())]).toEqual([2.5, 2.5, 2.5]);
  expect(generator.offset).toBe(0);
});
