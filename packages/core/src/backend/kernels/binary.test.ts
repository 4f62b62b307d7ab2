// SPDX-License-Identifier: Apache-2.0
// Functions of two elements against JavaScript's own arithmetic, with every kind of broadcasting, on every device.

import { describeOnNative, devices, randomTensor, randomValues, tolerance, useDevice } from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { runKernelForOne } from '../../ops/run.ts';
import { type Shape, broadcastShapes, broadcastStrides, rowMajorStrides, sizeOf } from '../../shape.ts';
import { type Tensor, backend, complex, tensor, zeros } from '../../tf.ts';
import type { NativeBackend } from '../native-backend.ts';
import { binaryKernels } from './binary.ts';

type Row = readonly [kernelName: string, plain: (a: number, b: number) => number];

const mod = (a: number, b: number): number => ((a < 0 && b < 0) || (a >= 0 && b >= 0) ? a % b : ((a % b) + b) % b);

const EXACT: readonly Row[] = [
  ['Add', (a, b) => a + b],
  ['Sub', (a, b) => a - b],
  ['Multiply', (a, b) => a * b],
  ['RealDiv', (a, b) => a / b],
  ['Maximum', Math.max],
  ['Minimum', Math.min],
  ['Prelu', (x, alpha) => (x < 0 ? alpha * x : x)],
];
const ROUNDED: readonly Row[] = [
  ['SquaredDifference', (a, b) => (a - b) ** 2],
  ['Mod', mod],
  ['Pow', Math.pow],
  ['Atan2', Math.atan2],
];
const COMPARISONS: readonly Row[] = [
  ['Equal', (a, b) => Number(a === b)],
  ['NotEqual', (a, b) => Number(a !== b)],
  ['Less', (a, b) => Number(a < b)],
  ['LessEqual', (a, b) => Number(a <= b)],
  ['Greater', (a, b) => Number(a > b)],
  ['GreaterEqual', (a, b) => Number(a >= b)],
];
const INTEGER: readonly Row[] = [
  ['Add', (a, b) => a + b],
  ['Sub', (a, b) => a - b],
  ['Multiply', (a, b) => a * b],
  ['FloorDiv', (a, b) => Math.floor(a / b)],
  ['Mod', mod],
  ['Maximum', Math.max],
  ['Minimum', Math.min],
  ['SquaredDifference', (a, b) => (a - b) ** 2],
  ['Pow', Math.pow],
];
const LOGICAL: readonly Row[] = [
  ['LogicalAnd', (a, b) => a & b],
  ['LogicalOr', (a, b) => a | b],
];

/** Every way of repeating an operand, with rows shorter and longer than the lanes. */
const SHAPES: readonly { a: Shape; b: Shape }[] = [
  { a: [], b: [] },
  { a: [1], b: [] },
  ...[1, 3, 4, 5, 8, 15, 16, 17, 33, 100].map((n) => ({ a: [n], b: [n] })),
  { a: [2, 19], b: [] },
  { a: [], b: [2, 19] },
  { a: [4, 17], b: [17] },
  { a: [3], b: [4, 3] },
  { a: [4, 17], b: [4, 1] },
  { a: [4, 1], b: [4, 33] },
  { a: [3, 1], b: [1, 33] },
  { a: [1, 5], b: [9, 1] },
  { a: [2, 1, 5, 1], b: [7, 1, 6] },
  { a: [2, 3, 4, 5], b: [3, 1, 5] },
  { a: [2, 1, 2, 1, 2, 1], b: [1, 2, 1, 2, 1, 2] },
  { a: [0, 3], b: [3] },
  { a: [2, 0], b: [2, 1] },
];

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, 1e-30, 1e30, -1e30];

/** What `plain` makes of the elements of `a` and `b` that meet. */
function meet(plain: (a: number, b: number) => number, a: Tensor, b: Tensor): { shape: number[]; values: number[] } {
  const shape = broadcastShapes('test', a.shape, b.shape);
  const strides = rowMajorStrides(shape);
  const [left, right] = [a.dataSync(), b.dataSync()];
  const [aStrides, bStrides] = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const index = strides.map((stride, axis) => Math.floor(i / stride) % shape[axis]);
    const offset = (steps: number[]): number => steps.reduce((sum, step, axis) => sum + step * index[axis], 0);
    return plain(left[offset(aStrides)], right[offset(bStrides)]);
  });
  return { shape, values };
}

/** The operands of one test, by shape. */
function operands(dtype: 'float32' | 'int32' | 'bool'): [Tensor, Tensor][] {
  const values = (shape: Shape, seed: number): ArrayLike<number> => {
    const floats = randomValues(sizeOf(shape), { seed, low: 0.25, high: 4 });
    if (dtype === 'float32') return floats;
    if (dtype === 'int32') return Int32Array.from(floats, (x) => Math.round(x * 5) - (seed === 1 ? 12 : 25));
    return Uint8Array.from(floats, (x) => Number(x < 2));
  };
  const make = (shape: Shape, seed: number): Tensor => tensor(values(shape, seed) as Float32Array, [...shape], dtype);
  return SHAPES.map(({ a, b }) => [make(a, 1), make(b, 2)]);
}

const specialOperands = (): [Tensor, Tensor] => [tensor(SPECIAL, [SPECIAL.length, 1]), tensor(SPECIAL)];

const NAMES: Readonly<Record<string, readonly [string, string]>> = { Prelu: ['x', 'alpha'] };

function run(kernelName: string, a: Tensor, b: Tensor): Tensor {
  const [left, right] = NAMES[kernelName] ?? ['a', 'b'];
  return runKernelForOne(kernelName, { [left]: a, [right]: b });
}

describe.each(devices())('functions of two elements on %s', (device) => {
  useDevice(device);

  it.each(EXACT)('%s is exact', (kernelName, plain) => {
    for (const [a, b] of [...operands('float32'), specialOperands()]) {
      const { shape, values } = meet(plain, a, b);
      const expected = { shape, dtype: 'float32', values: Float32Array.from(values) };
      expect(run(kernelName, a, b)).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it.each(ROUNDED)('%s is JavaScript’s function', (kernelName, plain) => {
    for (const [a, b] of [...operands('float32'), specialOperands()]) {
      const { shape, values } = meet(plain, a, b);
      const expected = { shape, dtype: 'float32', values: Float32Array.from(values) };
      expect(run(kernelName, a, b)).toBeCloseToTensor(expected, tolerance('transcendental'));
    }
  });

  it.each(COMPARISONS)('%s gives bool', (kernelName, plain) => {
    for (const [a, b] of [...operands('float32'), ...operands('int32'), specialOperands()]) {
      const { shape, values } = meet(plain, a, b);
      const expected = { shape, dtype: 'bool', values: Uint8Array.from(values) };
      expect(run(kernelName, a, b)).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it.each(INTEGER)('%s keeps int32', (kernelName, plain) => {
    for (const [a, b] of operands('int32')) {
      const { shape, values } = meet(plain, a, b);
      const expected = { shape, dtype: 'int32', values: Int32Array.from(values) };
      expect(run(kernelName, a, b)).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it.each(LOGICAL)('%s joins truth values', (kernelName, plain) => {
    for (const [a, b] of operands('bool')) {
      const { shape, values } = meet(plain, a, b);
      const expected = { shape, dtype: 'bool', values: Uint8Array.from(values) };
      expect(run(kernelName, a, b)).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it('FloorDiv turns float32 into int32, as JavaScript converts numbers', () => {
    const [a, b] = specialOperands();
    const { shape, values } = meet((x, y) => Math.floor(x / y), a, b);
    const expected = { shape, dtype: 'int32', values: Int32Array.from(values) };
    expect(run('FloorDiv', a, b)).toBeCloseToTensor(expected, tolerance('exact'));
  });

  it('int32 wraps around', () => {
    const a = tensor([2147483647, -2147483648, 65536], [3], 'int32');
    expect(run('Add', a, tensor([1, -1, 0], [3], 'int32'))).toBeCloseToTensor([-2147483648, 2147483647, 65536]);
    expect(run('Multiply', a, tensor([2, 2, 65536], [3], 'int32'))).toBeCloseToTensor([-2, 0, 0]);
  });

  it('EluGrad scales the gradient by elu’s slope', () => {
    const [dy, y] = [randomValues(33, { seed: 1 }), randomValues(33, { seed: 2, low: -1, high: 1 })];
    const expected = dy.map((grad, i) => (y[i] >= 0 ? grad : grad * (y[i] + 1)));
    const actual = runKernelForOne('EluGrad', { dy: tensor(dy), y: tensor(y) });
    expect(actual).toBeCloseToTensor(expected);
  });

  it('joins mixed dtypes and complex numbers as tfjs does', () => {
    const [a, b] = [tensor([1.5, 2.5]), tensor([1, 0], [2], 'bool')];
    expect(run('Add', a, b)).toBeCloseToTensor(Float32Array.of(2.5, 2.5), tolerance('exact'));
    const z = complex([1, 2], [3, 4]);
    expect([...run('Multiply', z, z).dataSync()]).toEqual([-8, 6, -12, 16]);
  });

  it('refuses shapes that do not broadcast', () => {
    expect(() => run('Add', zeros([2, 3]), zeros([2, 4]))).toThrow();
  });
});

it('tries every kernel of the table', () => {
  const rows = [...EXACT, ...ROUNDED, ...COMPARISONS, ...INTEGER, ...LOGICAL];
  const tried = new Set(rows.map(([kernelName]) => kernelName)).add('EluGrad');
  expect(new Set(binaryKernels.map(({ kernelName }) => kernelName))).toEqual(tried);
});

describeOnNative('native calls on %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it('give the same bits with any number of threads', () => {
    for (const shapes of [
      { a: [40_003], b: [40_003] },
      { a: [3, 13_001], b: [13_001] },
      { a: [13_001, 3], b: [13_001, 1] },
    ]) {
      const [a, b] = [randomTensor(shapes.a, { seed: 1 }), randomTensor(shapes.b, { seed: 2 })];
      setThreads(1);
      const alone = run('Sub', a, b);
      setThreads(3);
      expect(run('Sub', a, b)).toBeCloseToTensor(alone, tolerance('exact'));
    }
  });

  it('may write where they read an operand that is not repeated', () => {
    const native = backend() as NativeBackend;
    const [a, b] = [randomTensor([3, 17], { seed: 1 }), randomTensor([17], { seed: 2 })];
    const expected = run('Sub', a, b).dataSync<'float32'>();
    const [left, right] = [native.buffer(a), native.buffer(b)];
    native.kernels.sub_f32({ a: left, b: right, out: left, shape: [3, 17], a_strides: [17, 1], b_strides: [0, 1] });
    expect(a).toBeCloseToTensor({ shape: [3, 17], dtype: 'float32', values: expected }, tolerance('exact'));
  });

  it('are refused when their walk leaves a buffer', () => {
    const native = backend() as NativeBackend;
    const [a, b, out] = [zeros([4]), zeros([4]), zeros([4])].map((x) => native.buffer(x));
    const call = { a, b, out, shape: [4], a_strides: [1], b_strides: [1] };
    for (const bad of [
      { shape: [5] },
      { shape: [2, 3], a_strides: [2, 1], b_strides: [0, 1] },
      { a_strides: [2] },
      { a_strides: [0], b_strides: [0] },
      { a_strides: [1, 1] },
      { shape: [], a_strides: [], b_strides: [] },
      { shape: [2 ** 40, 2 ** 40], a_strides: [0, 1], b_strides: [0, 1] },
    ]) {
      expect(() => native.kernels.add_f32({ ...call, ...bad })).toThrowCode('CONTRACT');
    }
  });
});
