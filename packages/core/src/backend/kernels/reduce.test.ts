// SPDX-License-Identifier: Apache-2.0
// Reductions against loops written out here, on every device.

import {
  describeOnNative,
  devices,
  randomIntegers,
  randomMask,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { runKernelForOne } from '../../ops/run.ts';
import { type Shape, rowMajorStrides, sizeOf } from '../../shape.ts';
import { type Tensor, cumsum, fill, tensor, tensor1d, zeros } from '../../tf.ts';
import { reducePasses } from './reduce.ts';

type Fold = (values: number[]) => number;
type Row = readonly [kernelName: string, fold: Fold];

const sum: Fold = (values) => values.reduce((a, b) => a + b, 0);
const prod: Fold = (values) => values.reduce((a, b) => a * b, 1);
const max: Fold = (values) => Math.max(...values);
const min: Fold = (values) => Math.min(...values);
const mean: Fold = (values) => sum(values) / values.length;

const FLOAT: readonly Row[] = [
  ['Sum', sum],
  ['Mean', mean],
  ['Prod', prod],
  ['Max', max],
  ['Min', min],
];
const INTEGER: readonly Row[] = [
  ['Sum', sum],
  ['Prod', prod],
  ['Max', max],
  ['Min', min],
];
const TRUTH: readonly Row[] = [
  ['All', (values) => Number(values.every(Boolean))],
  ['Any', (values) => Number(values.some(Boolean))],
];
const INDEX: readonly Row[] = [
  ['ArgMax', (values) => values.indexOf(max(values))],
  ['ArgMin', (values) => values.indexOf(min(values))],
];

/** Ranks 0 to 6, around the lanes and blocks of every target, before, between and behind the axes that go. */
const CASES: readonly (readonly [shape: number[], axes: number[]])[] = [
  [[], []],
  [[1], [0]],
  [[3], []],
  ...[2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 100, 1000, 4097].map((n): [number[], number[]] => [[n], [0]]),
  ...[1, 3, 5, 16, 17, 63, 64, 65, 130].map((n): [number[], number[]] => [[2, 37, n], [1]]),
  ...[1, 2, 3, 8, 9, 64, 65, 130].map((n): [number[], number[]] => [[n, 70], [0]]),
  [[5, 33], [1]],
  [
    [5, 33],
    [0, 1],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 1, 4, 1, 5],
    [1, 3],
  ],
  [
    [2, 3, 1, 4, 5, 2],
    [0, 1, 4],
  ],
  [[2, 5, 1030], [1]],
];

/** What the kernel must give: `fold` of every line of `x` along `axes`, in the order of the axes that stay. */
function expected(x: Tensor, axes: readonly number[], fold: Fold): { shape: number[]; values: number[] } {
  const strides = rowMajorStrides(x.shape);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const values = x.dataSync();
  const offsets = (over: readonly number[]): number[] =>
    over.reduce(
      (starts, axis) => starts.flatMap((start) => range(x.shape[axis], (i) => start + i * strides[axis])),
      [0],
    );
  const within = offsets(axes);
  return {
    shape: kept.map((axis) => x.shape[axis]),
    values: offsets(kept).map((start) => fold(within.map((offset) => values[start + offset]))),
  };
}

const range = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, i) => item(i));
const name = (kernelName: string): string => (kernelName === 'Max' ? 'reductionIndices' : 'axis');
const run = (kernelName: string, x: Tensor, axis: number | number[], keepDims = false): Tensor =>
  runKernelForOne(kernelName, { x }, { [name(kernelName)]: axis, keepDims });

describe.each(devices())('reductions on %s', (device) => {
  useDevice(device);

  it.each(FLOAT)('%s of float32', (kernelName, fold) => {
    for (const [shape, axes] of CASES) {
      const x = randomTensor(shape, { seed: sizeOf(shape), low: 0.9, high: 1.1 });
      const { values, ...rest } = expected(x, axes, fold);
      const result = run(kernelName, x, axes);
      expect(result).toBeCloseToTensor({ ...rest, dtype: 'float32', values }, tolerance('reduce', sizeOf(shape)));
    }
  });

  it.each(INTEGER)('%s of int32', (kernelName, fold) => {
    for (const [shape, axes] of CASES) {
      const x = randomIntegers(shape, kernelName === 'Prod' ? 2 : 1000, { seed: sizeOf(shape) });
      const { values, ...rest } = expected(x, axes, fold);
      expect(run(kernelName, x, axes)).toBeCloseToTensor({ ...rest, dtype: 'int32', values }, tolerance('exact'));
    }
  });

  it.each(TRUTH)('%s of bool', (kernelName, fold) => {
    for (const [shape, axes] of CASES) {
      for (const x of [randomMask(shape, { seed: sizeOf(shape) }), zeros(shape, 'bool'), constant(shape, 1)]) {
        const { values, ...rest } = expected(x, axes, fold);
        expect(run(kernelName, x, axes)).toBeCloseToTensor({ ...rest, dtype: 'bool', values }, tolerance('exact'));
      }
    }
  });

  it.each(INDEX)('%s gives the first of equal elements', (kernelName, fold) => {
    for (const [shape, axes] of CASES) {
      if (axes.length !== 1) continue;
      const x = randomTensor(shape, { seed: sizeOf(shape), low: -0.01, high: 0.01 }); // on a grid of 20 values
      const { values, ...rest } = expected(x, axes, fold);
      const result = runKernelForOne(kernelName, { x }, { axis: axes[0] });
      expect(result).toBeCloseToTensor({ ...rest, dtype: 'int32', values }, tolerance('exact'));
    }
  });

  it('keeps reduced axes as length 1 when asked', () => {
    const x = randomTensor([2, 3, 4], { seed: 1 });
    expect(run('Sum', x, [0, 2], true).shape).toEqual([1, 3, 1]);
    expect(run('Max', x, -1, true).shape).toEqual([2, 3, 1]);
    expect(run('Mean', x, [0, 1, 2], true).shape).toEqual([1, 1, 1]);
  });

  it('passes NaN and infinity on', () => {
    for (const length of [3, 20, 200, 5000]) {
      for (const special of [NaN, Infinity, -Infinity]) {
        for (const place of [0, length - 1, length >> 1]) {
          const x = tensor1d(new Float32Array(length).fill(1).with(place, special));
          const columns = tensor(x.dataSync(), [length, 1]);
          for (const [kernelName, fold] of FLOAT) {
            const wanted = fold([1, special]);
            expect(run(kernelName, x, 0)).toBeCloseToTensor(wanted);
            expect(run(kernelName, columns, 0)).toBeCloseToTensor([wanted]);
          }
        }
      }
    }
    expect(run('Sum', tensor1d([Infinity, -Infinity]), 0)).toBeCloseToTensor(NaN);
    expect(run('Max', tensor1d([-Infinity, -Infinity]), 0)).toBeCloseToTensor(-Infinity);
  });

  it('passes over NaN where it looks for an index, but not at the start', () => {
    for (const length of [3, 20, 200]) {
      const values = Float32Array.from({ length }, (_, i) => i);
      for (const inner of [1, 5]) {
        const index = (kernelName: string, line: Float32Array): number => {
          const x = tensor(
            Float32Array.from({ length: length * inner }, (_, i) => line[Math.floor(i / inner)]),
            [length, inner],
          );
          return runKernelForOne(kernelName, { x }, { axis: 0 }).dataSync()[inner - 1];
        };
        expect(index('ArgMax', values.with(1, NaN))).toBe(length - 1);
        expect(index('ArgMax', values.with(length - 1, NaN))).toBe(length - 2);
        expect(index('ArgMin', values.with(1, NaN))).toBe(0);
        expect(index('ArgMax', values.with(0, NaN))).toBe(0);
      }
    }
  });

  it('reduces empty axes as tfjs does', () => {
    expect(run('Sum', zeros([0, 3]), 0)).toBeCloseToTensor([0, 0, 0]);
    expect(run('Prod', zeros([0]), 0)).toBeCloseToTensor(1);
    expect(run('Mean', zeros([2, 0]), 1)).toBeCloseToTensor([0, 0]);
    expect(run('Sum', zeros([0, 3]), 1).shape).toEqual([0]);
    expect(run('Sum', zeros([0, 3], 'int32'), 0)).toBeCloseToTensor(Int32Array.of(0, 0, 0));
    expect(runKernelForOne('ArgMax', { x: zeros([2, 0, 3]) }, { axis: 0 }).shape).toEqual([0, 3]);
  });

  it('adds bool and int32 as tfjs does', () => {
    expect(run('Sum', tensor1d([true, false, true]), 0)).toBeCloseToTensor({ shape: [], dtype: 'int32', values: [2] });
    expect(run('Mean', tensor1d([1, 2], 'int32'), 0)).toBeCloseToTensor({ shape: [], dtype: 'float32', values: [1.5] });
    expect(run('Sum', tensor1d([2 ** 31 - 1, 1], 'int32'), 0)).toBeCloseToTensor(-(2 ** 31));
  });

  it('adds many numbers without losing them', () => {
    const x = tensor1d(new Float32Array(3_000_000).fill(0.1));
    const exact = 3_000_000 * Math.fround(0.1);
    expect(Math.abs(run('Sum', x, 0).dataSync()[0] - exact) / exact).toBeLessThan(1e-6);
    expect(run('Mean', x, 0)).toBeCloseToTensor(0.1);
  });

  it.each([
    [[3_000_000], 0],
    [[300_000, 70], 0],
  ])('sums up %j without losing what is small beside the sum', (shape, axis) => {
    const sums = cumsum(fill(shape, 0.1), axis).dataSync();
    const exact = shape[axis] * Math.fround(0.1);
    expect(Math.abs(sums[sums.length - 1] - exact) / exact).toBeLessThan(1e-7);
  });

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('sums up, exclusive %s, reverse %s', (exclusive, reverse) => {
    for (const [shape, axis] of [
      [[1], 0],
      [[17], 0],
      [[3, 20, 5], 1],
      [[3, 20, 5], 0],
      [[4, 9], 1],
      [[2, 0], 1],
    ] as const) {
      for (const dtype of ['float32', 'int32'] as const) {
        const x = tensor(randomIntegers(shape, 100, { seed: 3 }).dataSync(), [...shape], dtype);
        const result = cumsum(x, axis, exclusive, reverse);
        expect(result).toBeCloseToTensor(runningSums(x, axis, exclusive, reverse), tolerance('exact'));
        expect(result.dtype).toBe(dtype);
      }
    }
  });
});

/** Running sums by their definition: each element is the sum of those before it. */
function runningSums(
  x: Tensor,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
): { shape: Shape; dtype: string; values: number[] } {
  const values = x.dataSync();
  const stride = rowMajorStrides(x.shape)[axis];
  const length = x.shape[axis];
  const sums = range(x.size, (i) => {
    const n = Math.floor(i / stride) % length;
    const [first, last] = reverse ? [n + Number(exclusive), length] : [0, n + 1 - Number(exclusive)];
    return sum(range(Math.max(0, last - first), (m) => values[i + (first + m - n) * stride]));
  });
  return { shape: x.shape, dtype: x.dtype, values: sums };
}

function constant(shape: readonly number[], value: number): Tensor {
  return tensor(new Uint8Array(sizeOf(shape)).fill(value), [...shape], 'bool');
}

/** Long enough to be cut into chunks, and wide enough for several tiles. */
const LONG: readonly (readonly [shape: number[], axis: number])[] = [
  [[100_001], 0],
  [[9001, 7], 0],
  [[1001, 70], 0],
  [[65, 2100], 0],
  [[3, 33_000], 1],
];

describeOnNative('native reductions on %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it('refuse an axis that is not there', () => {
    expect(() => run('Sum', zeros([2, 3]), 2)).toThrow(/axis/);
    expect(() => runKernelForOne('ArgMax', { x: zeros([2, 3]) }, { axis: -3 })).toThrow(/axis/);
  });

  it('give the same bits in any number of threads', () => {
    for (const [shape, axis] of LONG) {
      const x = randomTensor(shape, { seed: 5, low: -1 });
      for (const kernelName of ['Sum', 'Max', 'ArgMax']) {
        setThreads(1);
        const alone = run(kernelName, x, axis);
        setThreads(3);
        expect(run(kernelName, x, axis)).toBeCloseToTensor(alone, tolerance('exact'));
      }
    }
  });
});

const results = new Map<string, Float32Array>();

describeOnNative('sums on %s', (device) => {
  useDevice(device);

  it('have the same bits as on every other target', () => {
    for (const [shape, axes] of [...CASES, ...LONG]) {
      const key = `${shape.join()}/${[axes].flat().join()}`;
      const values = run('Sum', randomTensor(shape, { seed: 6, low: -1 }), axes).dataSync<'float32'>();
      expect(values).toEqual(results.get(key) ?? values);
      results.set(key, values);
    }
  });
});

describe('reducePasses', () => {
  it('joins adjacent axes and leaves out those of length 1', () => {
    expect(reducePasses([2, 3, 4], [1])).toEqual([{ outer: 2, reduce: 3, inner: 4 }]);
    expect(reducePasses([2, 3, 4], [0, 1, 2])).toEqual([{ outer: 1, reduce: 24, inner: 1 }]);
    expect(reducePasses([2, 1, 3, 4], [0, 2])).toEqual([{ outer: 1, reduce: 6, inner: 4 }]);
    expect(reducePasses([1, 3, 1], [0, 2])).toEqual([]);
    expect(reducePasses([], [])).toEqual([]);
    expect(reducePasses([2, 3, 4, 5], [1, 3])).toEqual([
      { outer: 24, reduce: 5, inner: 1 },
      { outer: 2, reduce: 3, inner: 4 },
    ]);
  });
});
