// SPDX-License-Identifier: Apache-2.0
// Large products of device cuda in bf16, against float32 products of factors that were rounded beforehand: by cuBLAS, that of a GPU or
// native/test/emulated_cuda/cublas.cc, which NABLA_CUBLAS names, or with NABLA_CUBLAS=0 by our own kernel.

import {
  TRANSPOSITIONS,
  describeOnCuda,
  inPrecision,
  randomTensor,
  roundToBf16,
  tolerance,
  useDevice,
  withActivations,
} from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { linear } from '../ops/linear.ts';
import { type Tensor, backend, dispose, matMul, slice, sum, variable, zeros } from '../tf.ts';
import { NO_BUFFER } from './addon.ts';
import type { NativeBackend } from './native-backend.ts';

/** So many rows and columns are worth rounding; see matmul.cu. */
const LARGE = 2048;

/** A few elements: to word how four millions of them differ takes long. */
function corner(x: Tensor): Tensor {
  return slice(x, [0, 0], [10, 10]);
}

const inBf16 = <T>(f: () => T): T => inPrecision('bf16', f);

function products(): void {
  useDevice('cuda');

  it.each([
    [LARGE, 3, LARGE],
    [LARGE + 1, 7, LARGE + 3],
    [1366, 8, 4099],
  ])('round large factors: %i rows, %i inner, %i columns', (rows, inner, columns) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const a = randomTensor(transposeA ? [inner, rows] : [rows, inner], { seed: 1 });
      const b = randomTensor(transposeB ? [columns, inner] : [inner, columns], { seed: 2 });
      const received = inBf16(() => matMul(a, b, transposeA, transposeB));
      const expected = matMul(roundToBf16(a), roundToBf16(b), transposeA, transposeB);
      expect(received).toBeCloseToTensor(expected, tolerance('matmul', inner));
      const exact = matMul(a, b, transposeA, transposeB);
      expect(corner(received)).not.toBeCloseToTensor(corner(exact), tolerance('matmul', inner));
    }
  });

  it('are batched, with a factor that all share', () => {
    for (const shapeB of [
      [2, 3, LARGE],
      [1, 3, LARGE],
    ]) {
      const [a, b] = [randomTensor([2, LARGE, 3], { seed: 3 }), randomTensor(shapeB, { seed: 4 })];
      const expected = matMul(roundToBf16(a), roundToBf16(b));
      expect(inBf16(() => matMul(a, b))).toBeCloseToTensor(expected, tolerance('matmul', 3));
    }
  });

  it('add the bias and the activation in float32', () => {
    const [x, weight] = [randomTensor([LARGE, 4], { seed: 5 }), randomTensor([LARGE, 4], { seed: 6 })];
    const bias = randomTensor([LARGE], { seed: 7 });
    const expected = linear(roundToBf16(x), roundToBf16(weight), bias, { activation: 'gelu' });
    const received = inBf16(() => linear(x, weight, bias, { activation: 'gelu' }));
    expect(received).toBeCloseToTensor(expected, tolerance('matmul', 4));
  });

  it.each(['none', 'relu', 'geluTanh'] as const)('are rounded once, after the bias and %s', (activation) => {
    const [x, weight] = [randomTensor([24, 32], { seed: 12 }), randomTensor([40, 32], { seed: 13 })].map(roundToBf16);
    const bias = roundToBf16(randomTensor([40], { seed: 14 }));
    const run = (): { value: Tensor; gradients: Tensor[] } => {
      const value = linear(x, weight, bias, { activation });
      const [parameter, shift] = [variable(weight), variable(bias)];
      const { gradients } = valueAndGrad(() => sum(linear(x, parameter, shift, { activation })), [parameter, shift]);
      dispose([parameter, shift]);
      return { value, gradients };
    };
    const exact = run();
    const received = withActivations('bfloat16', run);
    const [values, nearest] = [received.value, roundToBf16(exact.value)].map((y) => y.dataSync());
    const others = values.filter((y, i) => y !== nearest[i]);
    expect(others.length / values.length).toBeLessThan(0.1); // twice rounded, a quarter of them are others
    for (const [i, gradient] of received.gradients.entries()) {
      expect(gradient).toBeCloseToTensor(exact.gradients[i], { absolute: 0.1, relative: 0.02 });
    }
  });

  it('leave out what lies between the rows of a factor', () => {
    const native = backend() as NativeBackend;
    const [a, b, out] = [
      randomTensor([LARGE, 5], { seed: 8 }),
      randomTensor([4, LARGE], { seed: 9 }),
      zeros([LARGE, LARGE]),
    ];
    inBf16(() =>
      native.kernels.matmul_f32({
        ...{ a: native.buffer(a), b: native.buffer(b), c: native.buffer(out), bias: NO_BUFFER, pre: NO_BUFFER },
        ...{
          batch: 1,
          m: LARGE,
          n: LARGE,
          k: 3,
          transpose_a: 0,
          transpose_b: 0,
          activation: 0,
          has_bias: 0,
          has_pre: 0,
        },
        ...{ row_a: 5, row_b: LARGE, row_c: LARGE, batch_a: 0, batch_b: 0, batch_c: 0 },
      }),
    );
    const part = (x: Tensor, size: number[]): Tensor => roundToBf16(slice(x, [0, 0], size));
    expect(out).toBeCloseToTensor(matMul(part(a, [LARGE, 3]), part(b, [3, LARGE])), tolerance('matmul', 3));
  });

  it('keep more of small factors, which are rounded to tf32', () => {
    const [a, b] = [randomTensor([LARGE, 3], { seed: 10 }), randomTensor([3, LARGE - 1], { seed: 11 })];
    const rounded = corner(matMul(roundToBf16(a), roundToBf16(b)));
    const exact = corner(matMul(a, b));
    const received = corner(inBf16(() => matMul(a, b)));
    const distance = (x: Tensor, y: Tensor): number => x.sub(y).abs().max().dataSync()[0];
    expect(distance(received, exact)).toBeLessThan(distance(rounded, exact) / 4);
  });
}

describeOnCuda('products of device cuda in bf16', products);
