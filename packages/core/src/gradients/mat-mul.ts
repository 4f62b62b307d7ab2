// SPDX-License-Identifier: Apache-2.0
// Gradient of BatchMatMul where batch axes broadcast, for which tfjs' gives a wrong shape.

import { type GradConfig, type Tensor, matMul } from '../tf.ts';
import { sumTo } from './sum-to.ts';

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matMulGradient: GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradOut, [a, b], attributes) => {
    const { transposeA, transposeB } = attributes as object as MatMulAttributes;
    const gradient = gradOut as Tensor;
    const gradA = (): Tensor =>
      transposeA ? matMul(b, gradient, transposeB, true) : matMul(gradient, b, false, !transposeB);
    const gradB = (): Tensor =>
      transposeB ? matMul(gradient, a, true, transposeA) : matMul(a, gradient, !transposeA, false);
    return { a: () => sumTo(gradA(), a.shape), b: () => sumTo(gradB(), b.shape) };
  },
};
