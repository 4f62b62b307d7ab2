// SPDX-License-Identifier: Apache-2.0
// Zeros in the place of values that are to come.

import { type Shape, sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import { definition } from '../kernel.ts';

export interface BlankAttributes {
  readonly shape: Shape;
}

const blank = definition<object, BlankAttributes>('NablaBlank', (_, { shape }, backend) =>
  backend.make(shape, 'float32', new Float32Array(sizeOf(shape))),
);

export const blankDefinitions: readonly KernelConfig[] = [blank];
