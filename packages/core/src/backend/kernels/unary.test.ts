// SPDX-License-Identifier: Apache-2.0
// Functions of one element against JavaScript's own arithmetic, on every device.

import { describeOnNative, devices, randomValues, tolerance, useDevice } from '@nabla/testing';

import { setThreads } from '../../device.ts';
import { runKernelForOne } from '../../ops/run.ts';
import { type Tensor, backend, tensor1d, zeros } from '../../tf.ts';
import type { NativeBackend } from '../native-backend.ts';
import { unaryKernels } from './unary.ts';

/** The numbers at which functions are tried: where rounding, overflow and undefined values begin. */
const SPECIAL = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-8,
  -1e-8,
  1e-30,
  1e30,
  88,
  -88,
  105,
];
/** Around the lanes of every CPU target. */
const SIZES = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x)));
const elu = (x: number): number => (x >= 0 ? x : Math.expm1(x));
const selu = (x: number): number => 1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * Math.expm1(x));
const round = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const step = (x: number): number => (Number.isNaN(x) ? x : x > 0 ? 1 : 0.25);
const clip = (x: number): number => (x > 1 ? 1 : x < -0.5 ? -0.5 : x);

/** Abramowitz and Stegun 7.1.26, as tfjs; it is wrong by up to 1.5e-7. */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].reduce((rest, c) => rest * t + c, 0);
  return Math.sign(x) * (1 - sum * t * Math.exp(-x * x));
};

type Row = readonly [kernelName: string, plain: (x: number) => number];

/** Exact on every device. */
const EXACT: readonly Row[] = [
  ['Abs', Math.abs],
  ['Neg', (x) => -x],
  ['Sign', (x) => Math.sign(x) || 0],
  ['Square', (x) => x * x],
  ['Sqrt', Math.sqrt],
  ['Reciprocal', (x) => 1 / x],
  ['Ceil', Math.ceil],
  ['Floor', Math.floor],
  ['Round', round],
  ['Relu', (x) => Math.max(0, x)],
  ['Relu6', (x) => Math.min(Math.max(0, x), 6)],
  ['Step', step],
  ['ClipByValue', clip],
];
const ROUNDED: readonly Row[] = [
  ['Rsqrt', (x) => 1 / Math.sqrt(x)],
  ['LeakyRelu', (x) => (x < 0 ? 0.3 * x : x)],
  ['Exp', Math.exp],
  ['Expm1', Math.expm1],
  ['Log', Math.log],
  ['Log1p', Math.log1p],
  ['Sigmoid', sigmoid],
  ['Softplus', softplus],
  ['Elu', elu],
  ['Selu', selu],
  ['Tanh', Math.tanh],
  ['Erf', erf],
  ['Sin', Math.sin],
  ['Cos', Math.cos],
  ['Tan', Math.tan],
  ['Sinh', Math.sinh],
  ['Cosh', Math.cosh],
  ['Asin', Math.asin],
  ['Acos', Math.acos],
  ['Atan', Math.atan],
  ['Asinh', Math.asinh],
  ['Acosh', Math.acosh],
  ['Atanh', Math.atanh],
];
const TRUTH: readonly Row[] = [
  ['IsFinite', (x) => Number(Number.isFinite(x))],
  ['IsInf', (x) => Number(Math.abs(x) === Infinity)],
  ['IsNan', (x) => Number(Number.isNaN(x))],
];
const INTEGER: readonly Row[] = [
  ['Abs', Math.abs],
  ['Neg', (x) => -x],
  ['Sign', Math.sign],
  ['Square', (x) => x * x],
  ['Relu', (x) => Math.max(0, x)],
  ['Relu6', (x) => Math.min(Math.max(0, x), 6)],
  ['Round', (x) => x],
];

/** The inputs of one test: numbers of every size, and the special ones. */
function inputs(): Float32Array[] {
  const random = SIZES.map((size) => randomValues(size, { seed: size, low: -4, high: 4 }));
  return [...random, Float32Array.from(SPECIAL)];
}

const ATTRIBUTES: Readonly<Record<string, object>> = {
  Step: { alpha: 0.25 },
  LeakyRelu: { alpha: 0.3 },
  ClipByValue: { clipValueMin: -0.5, clipValueMax: 1 },
};

const run = (kernelName: string, x: Tensor): Tensor => runKernelForOne(kernelName, { x }, ATTRIBUTES[kernelName]);

describe.each(devices())('functions of one element on %s', (device) => {
  useDevice(device);

  it.each(EXACT)('%s is exact', (kernelName, plain) => {
    for (const x of inputs()) {
      expect(run(kernelName, tensor1d(x))).toBeCloseToTensor(x.map(plain), tolerance('exact'));
    }
  });

  it.each(ROUNDED)('%s is JavaScript’s function', (kernelName, plain) => {
    for (const x of inputs()) {
      expect(run(kernelName, tensor1d(x))).toBeCloseToTensor(x.map(plain), tolerance('transcendental'));
    }
  });

  it.each(TRUTH)('%s gives bool', (kernelName, plain) => {
    for (const x of inputs()) {
      const expected = Uint8Array.from(x, (value) => plain(value));
      expect(run(kernelName, tensor1d(x))).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it.each(INTEGER)('%s keeps int32', (kernelName, plain) => {
    for (const size of SIZES) {
      const x = Int32Array.from({ length: size }, (_, i) => 7 * i - 20);
      expect(run(kernelName, tensor1d(x, 'int32'))).toBeCloseToTensor(x.map(plain), tolerance('exact'));
    }
  });

  it('LogicalNot negates truth values', () => {
    for (const size of SIZES) {
      const x = Uint8Array.from({ length: size }, (_, i) => (i % 3) & 1);
      const expected = x.map((value) => 1 - value);
      expect(run('LogicalNot', tensor1d(x, 'bool'))).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it('keeps the shape, also of scalars and of empty tensors', () => {
    for (const shape of [[], [2, 3], [2, 0, 3]]) expect(run('Exp', zeros(shape)).shape).toEqual(shape);
  });

  it('turns int32 into float32 where tfjs does', () => {
    expect(run('Exp', tensor1d([0, 1], 'int32'))).toBeCloseToTensor(Float32Array.of(1, Math.E));
    expect(run('LeakyRelu', tensor1d([-10, 1], 'int32'))).toBeCloseToTensor(Float32Array.of(-3, 1));
  });
});

it('tries every kernel of the table', () => {
  const tried = new Set([...EXACT, ...ROUNDED, ...TRUTH, ...INTEGER].map(([kernelName]) => kernelName)).add(
    'LogicalNot',
  );
  expect(new Set(unaryKernels.map(({ kernelName }) => kernelName))).toEqual(tried);
});

describeOnNative('native calls on %s', (device) => {
  useDevice(device);
  afterEach(() => setThreads(0));

  it('give the same bits with any number of threads', () => {
    const x = tensor1d(randomValues(10_003, { seed: 1 }));
    setThreads(1);
    const alone = run('Tanh', x);
    setThreads(3);
    expect(run('Tanh', x)).toBeCloseToTensor(alone, tolerance('exact'));
  });

  it('may write where they read', () => {
    const native = backend() as NativeBackend;
    const x = tensor1d(randomValues(33, { seed: 1 }));
    const expected = run('Relu', x).dataSync<'float32'>();
    native.kernels.relu_f32({ in: native.buffer(x), out: native.buffer(x), count: 33 });
    expect(x).toBeCloseToTensor(expected, tolerance('exact'));
  });

  it('are refused when they ask for more than a buffer holds', () => {
    const native = backend() as NativeBackend;
    const x = native.buffer(zeros([4]));
    expect(() => native.kernels.relu_f32({ in: x, out: x, count: 5 })).toThrowCode('CONTRACT');
    expect(() => native.kernels.relu_f32({ in: x, out: x, count: -1 })).toThrowCode('CONTRACT');
    expect(() => native.kernels.cast_bool_f32({ in: x, out: x, count: 16 })).toThrowCode('CONTRACT');
  });
});
