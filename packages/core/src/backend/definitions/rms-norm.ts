// SPDX-License-Identifier: Apache-2.0
// Root mean square normalization in TypeScript; see native/src/kernels/rms_norm.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

export interface RmsNormInputs {
  readonly x: TensorInfo; // [...batch, features]
  readonly weight: TensorInfo; // [features]
}
export interface RmsNormAttributes {
  readonly epsilon: number;
}
export interface RmsNormGradInputs {
  readonly gradOut: TensorInfo; // [...batch, features]
  readonly x: TensorInfo; // [...batch, features]
  readonly weight: TensorInfo; // [features]
  readonly inverseRms: TensorInfo; // [rows]
}

/** → [out `[...batch, features]`, inverseRms `[rows]`] */
const rmsNorm = definition<RmsNormInputs, RmsNormAttributes>('NablaRmsNorm', ({ x, weight }, { epsilon }, backend) => {
  const [input, scale] = [backend.floats(x), backend.floats(weight)];
  const features = scale.length;
  const rows = input.length / features;
  const out = new Float32Array(input.length);
  const inverses = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * features;
    let squares = 0;
    for (let f = 0; f < features; f++) squares += input[start + f] ** 2;
    const inverse = 1 / Math.sqrt(squares / features + epsilon);
    for (let f = 0; f < features; f++) out[start + f] = input[start + f] * inverse * scale[f];
    inverses[row] = inverse;
  }
  return [backend.make(x.shape, 'float32', out), backend.make([rows], 'float32', inverses)];
});

/** → [gradX `[...batch, features]`, gradWeight `[features]`] */
const rmsNormGrad = definition<RmsNormGradInputs, object>(
  'NablaRmsNormGrad',
  ({ gradOut, x, weight, inverseRms }, _, backend) => {
    const [grad, input, scale] = [backend.floats(gradOut), backend.floats(x), backend.floats(weight)];
    const inverses = backend.floats(inverseRms);
    const features = scale.length;
    const gradX = new Float32Array(input.length);
    const gradWeight = new Float64Array(features);
    for (let row = 0; row < inverses.length; row++) {
      const start = row * features;
      let dot = 0;
      for (let f = 0; f < features; f++) {
        const normalized = input[start + f] * inverses[row];
        dot += grad[start + f] * scale[f] * normalized;
        gradWeight[f] += grad[start + f] * normalized;
      }
      for (let f = 0; f < features; f++) {
        const normalized = input[start + f] * inverses[row];
        gradX[start + f] = inverses[row] * (grad[start + f] * scale[f] - (normalized * dot) / features);
      }
    }
    return [
      backend.make(x.shape, 'float32', gradX),
      backend.make(weight.shape, 'float32', Float32Array.from(gradWeight)),
    ];
  },
);

export const rmsNormDefinitions: readonly KernelConfig[] = [rmsNorm, rmsNormGrad];
