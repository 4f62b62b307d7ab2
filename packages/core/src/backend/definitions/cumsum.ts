// SPDX-License-Identifier: Apache-2.0
// Definition of tfjs' Cumsum: running sums along an axis. tfjs' own rounds each sum to float32, whose error grows with every term.

import { normalizeAxis, sizeOf } from '../../shape.ts';
import { type KernelConfig, type TensorInfo, upcastType } from '../../tf.ts';
import { definition } from '../kernel.ts';

interface CumsumAttributes {
  readonly axis: number;
  /** Whether a sum leaves out its own element. */
  readonly exclusive: boolean;
  /** Whether sums begin at the end. */
  readonly reverse: boolean;
}

/** `out[..., i, ...] = x[..., 0, ...] + … + x[..., i, ...]`, added in double precision. */
const cumsum = definition<{ x: TensorInfo }, CumsumAttributes>('Cumsum', ({ x }, attributes, backend) => {
  const { axis, exclusive, reverse } = attributes;
  const along = normalizeAxis('cumsum', axis, x.shape.length);
  const [length, inner] = [x.shape[along], sizeOf(x.shape.slice(along + 1))];
  const dtype = upcastType(x.dtype, 'int32') as 'float32' | 'int32';
  const [values, out] = [
    backend.values(x),
    dtype === 'int32' ? new Int32Array(sizeOf(x.shape)) : new Float32Array(sizeOf(x.shape)),
  ];
  for (let line = 0; line < out.length / length; line++) {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    let sum = 0;
    for (let n = 0; n < length; n++) {
      const at = start + (reverse ? length - 1 - n : n) * inner;
      const before = sum;
      sum = dtype === 'int32' ? (sum + values[at]) | 0 : sum + values[at];
      out[at] = exclusive ? before : sum;
    }
  }
  return backend.make(x.shape, dtype, out);
});

export const cumsumDefinitions: readonly KernelConfig[] = [cumsum];
