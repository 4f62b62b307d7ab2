// SPDX-License-Identifier: Apache-2.0
// Kernels of device cpu that change no numbers: they share, join or take apart what is stored.

import { ShapeError } from '../../errors.ts';
import { normalizeAxis, sizeOf } from '../../shape.ts';
import { type KernelConfig, type TensorInfo, util } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import { duplicate } from './copy.ts';

const identity = nativeKernel<{ x: TensorInfo }, object>('Identity', {
  run: ({ x }, _, backend) => backend.share(x),
});

const reshape = nativeKernel<{ x: TensorInfo }, { shape: number[] }>('Reshape', {
  run: ({ x }, { shape }, backend) => {
    const size = sizeOf(x.shape);
    const resolved = util.inferFromImplicitShape(shape, size);
    if (sizeOf(resolved) !== size) {
      const expected = `with ${sizeOf(resolved)} elements for [${resolved.join(', ')}]`;
      throw new ShapeError({ op: 'reshape', argument: 'x', expected, received: x.shape });
    }
    return backend.share(x, resolved);
  },
});

const expandDims = nativeKernel<{ input: TensorInfo }, { dim: number }>('ExpandDims', {
  run: ({ input }, { dim }, backend) => {
    const shape = [...input.shape];
    shape.splice(normalizeAxis('expandDims', dim, shape.length + 1), 0, 1);
    return backend.share(input, shape);
  },
});

// Copies, since tfjs forgets a data id only when the tensor that it knows by it is the last to go.
const complex = nativeKernel<{ real: TensorInfo; imag: TensorInfo }, object>('Complex', {
  run: ({ real, imag }, _, backend) => backend.makeComplex(duplicate(backend, real), duplicate(backend, imag)),
});

const real = nativeKernel<{ input: TensorInfo }, object>('Real', {
  run: ({ input }, _, backend) => ({ ...duplicate(backend, backend.complexParts(input).real), shape: input.shape }),
});

const imag = nativeKernel<{ input: TensorInfo }, object>('Imag', {
  run: ({ input }, _, backend) => ({ ...duplicate(backend, backend.complexParts(input).imag), shape: input.shape }),
});

export const storageKernels: readonly KernelConfig[] = [identity, reshape, expandDims, complex, real, imag];
