// SPDX-License-Identifier: Apache-2.0
// Layer normalization in TypeScript; see native/src/kernels/layer_norm.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

export interface LayerNormInputs {
  readonly x: TensorInfo; // [...batch, features]
  readonly weight: TensorInfo; // [features]
  readonly bias: TensorInfo; // [features]
}
export interface LayerNormAttributes {
  readonly epsilon: number;
}
export interface LayerNormGradInputs {
  readonly gradOut: TensorInfo; // [...batch, features]
  readonly x: TensorInfo; // [...batch, features]
  readonly weight: TensorInfo; // [features]
  readonly mean: TensorInfo; // [rows]
  readonly inverseDeviation: TensorInfo; // [rows]
}

/** → [out `[...batch, features]`, mean `[rows]`, inverseDeviation `[rows]`] */
const layerNorm = definition<LayerNormInputs, LayerNormAttributes>(
  'NablaLayerNorm',
  ({ x, weight, bias }, { epsilon }, backend) => {
    const [input, scale, shift] = [backend.floats(x), backend.floats(weight), backend.floats(bias)];
    const features = scale.length;
    const rows = input.length / features;
    const out = new Float32Array(input.length);
    const means = new Float32Array(rows);
    const inverses = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const start = row * features;
      let sum = 0;
      for (let f = 0; f < features; f++) sum += input[start + f];
      const mean = sum / features;
      let squares = 0;
      for (let f = 0; f < features; f++) squares += (input[start + f] - mean) ** 2;
      const inverse = 1 / Math.sqrt(squares / features + epsilon);
      for (let f = 0; f < features; f++) out[start + f] = (input[start + f] - mean) * inverse * scale[f] + shift[f];
      means[row] = mean;
      inverses[row] = inverse;
    }
    return [
      backend.make(x.shape, 'float32', out),
      backend.make([rows], 'float32', means),
      backend.make([rows], 'float32', inverses),
    ];
  },
);

/** → [gradX `[...batch, features]`, gradWeight `[features]`, gradBias `[features]`] */
const layerNormGrad = definition<LayerNormGradInputs, object>(
  'NablaLayerNormGrad',
  ({ gradOut, x, weight, mean, inverseDeviation }, _, backend) => {
    const [grad, input, scale] = [backend.floats(gradOut), backend.floats(x), backend.floats(weight)];
    const [means, inverses] = [backend.floats(mean), backend.floats(inverseDeviation)];
    const features = scale.length;
    const gradX = new Float32Array(input.length);
    const gradWeight = new Float64Array(features);
    const gradBias = new Float64Array(features);
    for (let row = 0; row < means.length; row++) {
      const start = row * features;
      let scaledSum = 0;
      let scaledDot = 0;
      for (let f = 0; f < features; f++) {
        const normalized = (input[start + f] - means[row]) * inverses[row];
        const scaled = grad[start + f] * scale[f];
        scaledSum += scaled;
        scaledDot += scaled * normalized;
        gradWeight[f] += grad[start + f] * normalized;
        gradBias[f] += grad[start + f];
      }
      for (let f = 0; f < features; f++) {
        const normalized = (input[start + f] - means[row]) * inverses[row];
        const centred = grad[start + f] * scale[f] - (scaledSum + normalized * scaledDot) / features;
        gradX[start + f] = inverses[row] * centred;
      }
    }
    return [
      backend.make(x.shape, 'float32', gradX),
      backend.make(weight.shape, 'float32', Float32Array.from(gradWeight)),
      backend.make(weight.shape, 'float32', Float32Array.from(gradBias)),
    ];
  },
);

export const layerNormDefinitions: readonly KernelConfig[] = [layerNorm, layerNormGrad];
