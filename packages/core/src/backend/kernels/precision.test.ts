// SPDX-License-Identifier: Apache-2.0
// How far the elementary functions of native/src/cpu/math-inl.h are from the true values, in units in the last place:
// over floats of both signs and all exponents against double precision, on every CPU target.

import { describeOnCpu, randomIntegers, useDevice } from '@nabla/testing';
import { scope } from '../../memory.ts';
import { runKernelForOne } from '../../ops/run.ts';
import { tensor1d } from '../../tf.ts';

const MANTISSAS = 64; // of each sign and exponent
const EXPONENTS = 255; // 0: the subnormal floats; 255 would be the infinities and NaN

/** Floats of both signs, {@link MANTISSAS} of every exponent, in no order within one. */
function everyExponent(): Float32Array {
  const count = 2 * EXPONENTS * MANTISSAS;
  const mantissas = scope(() => randomIntegers([count], 2 ** 23, { seed: 1 }).dataSync());
  const bits = Uint32Array.from(mantissas, (mantissa, i) => {
    const exponent = Math.floor(i / 2 / MANTISSAS);
    return ((i % 2) * 2 ** 31 + exponent * 2 ** 23 + mantissa) >>> 0;
  });
  return new Float32Array(bits.buffer);
}

/** The distance in units in the last place of the true value; 0 for an overflow and for NaN where they belong. */
function error(received: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (!Number.isFinite(rounded) || !Number.isFinite(received)) return Object.is(received, rounded) ? 0 : Infinity;
  const exponent = exact === 0 ? -126 : Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(received - exact) / 2 ** (exponent - 23);
}

/** Below 3 the series of Abramowitz and Stegun 7.1.5, from there the continued fraction 7.1.14; both to 1e-13. */
function erf(x: number): number {
  const t = Math.abs(x);
  if (t > 6 || t === 0) return t === 0 ? x : Math.sign(x);
  if (t >= 3) {
    let fraction = t;
    for (let k = 60; k > 0; k--) fraction = t + k / 2 / fraction;
    return Math.sign(x) * (1 - Math.exp(-t * t) / fraction / Math.sqrt(Math.PI));
  }
  let power = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** The bounds are those that math-inl.h states of far more floats. */
const FUNCTIONS: readonly (readonly [kernelName: string, plain: (x: number) => number, bound: number])[] = [
  ['Exp', Math.exp, 1.02],
  ['Expm1', Math.expm1, 1.62],
  ['Log', Math.log, 0.84],
  ['Log1p', Math.log1p, 1.44],
  ['Tanh', Math.tanh, 1.33],
  ['Sigmoid', sigmoid, 2.3],
  ['Erf', erf, 1.15],
];

describeOnCpu('elementary functions on %s', (device) => {
  useDevice(device);

  it.each(FUNCTIONS)('%s is within the error that math-inl.h states', (kernelName, plain, bound) => {
    const x = everyExponent();
    const received = runKernelForOne(kernelName, { x: tensor1d(x) }).dataSync();
    const errors = Array.from(x, (value, i) => error(received[i], plain(value)));
    const worst = errors.reduce((most, value, i) => (value > errors[most] ? i : most), 0);
    const found = `${kernelName}(${x[worst]}) is ${received[worst]}, ${errors[worst]} units off`;
    expect(errors[worst] > bound ? found : '').toBe('');
  });

  it.each(['Expm1', 'Log1p', 'Tanh', 'Erf'])('%s keeps the sign of zero', (kernelName) =>
    expect([...runKernelForOne(kernelName, { x: tensor1d([0, -0]) }).dataSync()]).toEqual([0, -0]),
  );
});
