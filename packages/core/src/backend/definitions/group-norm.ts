// SPDX-License-Identifier: Apache-2.0
// Normalization over groups of channels in TypeScript; see native/src/kernels/group_norm.h for the formulas.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';

export interface GroupNormInputs {
  readonly x: TensorInfo; // [batch, positions, channels], whatever the axes that make up batch and positions
  readonly weight: TensorInfo; // [channels]
  readonly bias: TensorInfo; // [channels]
}
export interface GroupNormAttributes {
  /** Examples that have statistics of their own: 1 for batch normalization. */
  readonly batch: number;
  readonly groups: number;
  readonly epsilon: number;
}
export interface GroupNormGradInputs {
  readonly gradOut: TensorInfo; // of the shape of x
  readonly x: TensorInfo;
  readonly weight: TensorInfo; // [channels]
  readonly mean: TensorInfo; // [batch, groups]
  readonly variance: TensorInfo; // [batch, groups]
}
export interface GroupNormGradAttributes extends GroupNormAttributes {
  /** Whether mean and variance do not depend on x, as in evaluation. */
  readonly constant: boolean;
}
export interface NormalizeInputs extends GroupNormInputs {
  readonly mean: TensorInfo; // [channels]
  readonly variance: TensorInfo; // [channels]
}
export interface NormalizeAttributes {
  readonly epsilon: number;
}

/** The group (counted through all examples) of the element at `i`. */
function groupAt(i: number, size: number, channels: number, { batch, groups }: GroupNormAttributes): number {
  const example = Math.floor(i / (size / batch));
  return example * groups + Math.floor(((i % channels) * groups) / channels);
}

/** → [out of the shape of x, mean `[batch, groups]`, variance `[batch, groups]`, which divides by N] */
const groupNorm = definition<GroupNormInputs, GroupNormAttributes>(
  'NablaGroupNorm',
  ({ x, weight, bias }, attributes, backend) => {
    const [input, scale, shift] = [backend.floats(x), backend.floats(weight), backend.floats(bias)];
    const channels = scale.length;
    const statistics = [attributes.batch, attributes.groups];
    const count = input.length / sizeOf(statistics);
    const group = (i: number): number => groupAt(i, input.length, channels, attributes);
    const means = new Float64Array(sizeOf(statistics));
    const variances = new Float64Array(means.length);
    for (let i = 0; i < input.length; i++) means[group(i)] += input[i] / count;
    for (let i = 0; i < input.length; i++) variances[group(i)] += (input[i] - means[group(i)]) ** 2 / count;
    const inverses = variances.map((variance) => 1 / Math.sqrt(variance + attributes.epsilon));
    const out = input.map((value, i) => {
      const [g, c] = [group(i), i % channels];
      return (value - means[g]) * inverses[g] * scale[c] + shift[c];
    });
    return [
      backend.make(x.shape, 'float32', out),
      backend.make(statistics, 'float32', Float32Array.from(means)),
      backend.make(statistics, 'float32', Float32Array.from(variances)),
    ];
  },
);

/** → [gradX of the shape of x, gradWeight `[channels]`, gradBias `[channels]`] */
const groupNormGrad = definition<GroupNormGradInputs, GroupNormGradAttributes>(
  'NablaGroupNormGrad',
  ({ gradOut, x, weight, mean, variance }, attributes, backend) => {
    const [grad, input, scale] = [backend.floats(gradOut), backend.floats(x), backend.floats(weight)];
    const means = backend.floats(mean);
    const inverses = backend.floats(variance).map((value) => 1 / Math.sqrt(value + attributes.epsilon));
    const channels = scale.length;
    const count = input.length / means.length;
    const group = (i: number): number => groupAt(i, input.length, channels, attributes);
    const gradWeight = new Float64Array(channels);
    const gradBias = new Float64Array(channels);
    const scaledMeans = new Float64Array(means.length); // of w = gradOut * weight
    const scaledDots = new Float64Array(means.length); // of w * normalized
    for (let i = 0; i < input.length; i++) {
      const [g, c] = [group(i), i % channels];
      const normalized = (input[i] - means[g]) * inverses[g];
      gradWeight[c] += grad[i] * normalized;
      gradBias[c] += grad[i];
      if (attributes.constant) continue;
      scaledMeans[g] += (grad[i] * scale[c]) / count;
      scaledDots[g] += (grad[i] * scale[c] * normalized) / count;
    }
    const gradX = input.map((value, i) => {
      const [g, c] = [group(i), i % channels];
      const normalized = (value - means[g]) * inverses[g];
      return inverses[g] * (grad[i] * scale[c] - scaledMeans[g] - normalized * scaledDots[g]);
    });
    return [
      backend.make(x.shape, 'float32', gradX),
      backend.make(weight.shape, 'float32', Float32Array.from(gradWeight)),
      backend.make(weight.shape, 'float32', Float32Array.from(gradBias)),
    ];
  },
);

/** → out of the shape of x: normalized by statistics that are given */
const normalize = definition<NormalizeInputs, NormalizeAttributes>(
  'NablaNormalize',
  ({ x, weight, bias, mean, variance }, { epsilon }, backend) => {
    const [scale, shift, means] = [backend.floats(weight), backend.floats(bias), backend.floats(mean)];
    const scales = backend.floats(variance).map((value, c) => scale[c] / Math.sqrt(value + epsilon));
    const channels = scale.length;
    const out = backend.floats(x).map((value, i) => {
      const c = i % channels;
      return (value - means[c]) * scales[c] + shift[c];
    });
    return backend.make(x.shape, 'float32', out);
  },
);

export const groupNormDefinitions: readonly KernelConfig[] = [groupNorm, groupNormGrad, normalize];
