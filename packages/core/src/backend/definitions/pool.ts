// SPDX-License-Identifier: Apache-2.0
// Pooling in TypeScript; see native/src/kernels/pool.h for the formulas.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { borrowed } from '../js-backend.ts';
import { definition } from '../kernel.ts';
import { type TfjsPoolAttributes, tfjsPoolWindows } from './tfjs-pool.ts';
import { type Windows, coverages, withSpatial } from './windows.ts';

export interface PoolInputs {
  readonly x: TensorInfo; // [batch, ...spatial, channels]
}
export interface MaxPoolGradInputs {
  readonly gradOut: TensorInfo; // [batch, ...outSpatial, channels]
  readonly argmax: TensorInfo; // [batch, ...outSpatial, channels], int32
}
export interface AveragePoolAttributes extends Windows {
  /** Whether an average divides by the positions in the padding too. */
  readonly countIncludePad: boolean;
}
export interface AveragePoolGradInputs {
  readonly gradOut: TensorInfo; // [batch, ...outSpatial, channels]
}

/** The largest element of each window, and its flat position in its plane; -1 where padding and dilation leave no position. */
function largest(input: Float32Array, batch: number, channels: number, windows: Windows, ignoreNan: boolean) {
  const plane = sizeOf(windows.inSize);
  const covered = coverages(windows);
  const out = new Float32Array(batch * covered.length * channels);
  const argmax = new Int32Array(out.length);
  for (let b = 0; b < batch; b++) {
    covered.forEach(({ positions }, o) => {
      for (let c = 0; c < channels; c++) {
        let best = -Infinity;
        let index = positions.length === 0 ? -1 : positions[0];
        for (const position of positions) {
          const value = input[(b * plane + position) * channels + c];
          if (!(value > best || (Number.isNaN(value) && !ignoreNan))) continue;
          best = value; // a NaN then stays
          index = position;
        }
        out[(b * covered.length + o) * channels + c] = best;
        argmax[(b * covered.length + o) * channels + c] = index;
      }
    });
  }
  return { out, argmax };
}

/** The gradient of the input, given the positions of the largest elements. */
function passedBack(grad: Float32Array, argmax: ArrayLike<number>, batch: number, channels: number, windows: Windows) {
  const [plane, outPlane] = [sizeOf(windows.inSize), sizeOf(windows.outSize)];
  const gradX = new Float32Array(batch * plane * channels);
  for (let i = 0; i < grad.length; i++) {
    if (argmax[i] < 0) continue;
    const b = Math.floor(i / (outPlane * channels));
    gradX[(b * plane + argmax[i]) * channels + (i % channels)] += grad[i];
  }
  return gradX;
}

/** → [out `[batch, ...outSpatial, channels]`, argmax: the flat position of each maximum in its plane, int32] */
const maxPool = definition<PoolInputs, Windows>('NablaMaxPool', ({ x }, windows, backend) => {
  const shape = withSpatial(x.shape, windows.outSize);
  const { out, argmax } = largest(backend.floats(x), shape[0], shape[shape.length - 1], windows, false);
  return [backend.make(shape, 'float32', out), backend.make(shape, 'int32', argmax)];
});

/** → gradX `[batch, ...spatial, channels]` */
const maxPoolGrad = definition<MaxPoolGradInputs, Windows>(
  'NablaMaxPoolGrad',
  ({ gradOut, argmax }, windows, backend) => {
    const shape = withSpatial(gradOut.shape, windows.inSize);
    const [grad, positions] = [backend.floats(gradOut), backend.values(argmax) as Int32Array];
    const gradX = passedBack(grad, positions, shape[0], shape[shape.length - 1], windows);
    return backend.make(shape, 'float32', gradX);
  },
);

/** tfjs' own mistakes the rows of a window that is not square, and takes the last of equal elements where its other poolings take the first. */
const tfjsMaxPool3dGrad = definition<{ dy: TensorInfo; input: TensorInfo }, TfjsPoolAttributes>(
  'MaxPool3DGrad',
  ({ dy, input }, attributes, backend) => {
    const { shape } = input;
    if (input.dtype !== 'float32') return borrowed('MaxPool3DGrad', { dy, input }, attributes, backend);
    const windows = tfjsPoolWindows(shape, attributes);
    const [batch, channels] = [shape[0], shape[shape.length - 1]];
    const { argmax } = largest(backend.floats(input), batch, channels, windows, true);
    const gradX = passedBack(backend.floats(dy), argmax, batch, channels, windows);
    return backend.make(shape, 'float32', gradX);
  },
);

/** → out `[batch, ...outSpatial, channels]` */
const averagePool = definition<PoolInputs, AveragePoolAttributes>('NablaAveragePool', ({ x }, attributes, backend) => {
  const input = backend.floats(x);
  const shape = withSpatial(x.shape, attributes.outSize);
  const [batch, channels] = [shape[0], shape[shape.length - 1]];
  const plane = sizeOf(attributes.inSize);
  const covered = coverages(attributes);
  const out = new Float32Array(sizeOf(shape));
  for (let b = 0; b < batch; b++) {
    covered.forEach(({ positions, withPadding }, o) => {
      const divisor = attributes.countIncludePad ? withPadding : positions.length;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const position of positions) sum += input[(b * plane + position) * channels + c];
        out[(b * covered.length + o) * channels + c] = sum / divisor;
      }
    });
  }
  return backend.make(shape, 'float32', out);
});

/** → gradX `[batch, ...spatial, channels]` */
const averagePoolGrad = definition<AveragePoolGradInputs, AveragePoolAttributes>(
  'NablaAveragePoolGrad',
  ({ gradOut }, attributes, backend) => {
    const grad = backend.floats(gradOut);
    const shape = withSpatial(gradOut.shape, attributes.inSize);
    const [batch, channels] = [shape[0], shape[shape.length - 1]];
    const plane = sizeOf(attributes.inSize);
    const covered = coverages(attributes);
    const gradX = new Float32Array(sizeOf(shape));
    for (let b = 0; b < batch; b++) {
      covered.forEach(({ positions, withPadding }, o) => {
        const divisor = attributes.countIncludePad ? withPadding : positions.length;
        for (let c = 0; c < channels; c++) {
          const share = grad[(b * covered.length + o) * channels + c] / divisor;
          for (const position of positions) gradX[(b * plane + position) * channels + c] += share;
        }
      });
    }
    return backend.make(shape, 'float32', gradX);
  },
);

export const poolDefinitions: readonly KernelConfig[] = [
  maxPool,
  maxPoolGrad,
  averagePool,
  averagePoolGrad,
  tfjsMaxPool3dGrad,
];
