// SPDX-License-Identifier: Apache-2.0
// Spectral normalization: a weight divided by its largest singular value.

import {
  type Generator,
  type Tensor,
  type Variable,
  checkInteger,
  checkName,
  checkNumber,
  div,
  isRecomputing,
  matMul,
  maximum,
  mul,
  noGrad,
  reshape,
  scope,
  sqrt,
  square,
  sum,
  transpose,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { ConvTranspose1d, ConvTranspose2d } from '../conv/conv-transpose.ts';
import type { Module } from '../module.ts';
import { buffer } from '../parameter.ts';
import { computeField, parameterOf, restoreField } from './computed-field.ts';

export interface SpectralNormOptions {
  /** Draws where the search for the largest singular value begins. */
  generator: Generator;
  /** Of the layer's parameter; default `weight`. */
  name?: string;
  /** Steps of the power iteration at each forward of the layer in training; default 1. */
  iterations?: number;
  /** The least length that a vector is divided by; default 1e-12. */
  epsilon?: number;
  /** Which axis of the parameter makes the rows of the matrix: that of the outputs. Default 0, of transposed convolutions 1. */
  axis?: number;
}

/**
 * Divides a parameter of `layer` by its largest singular value σ, so that as a linear map it stretches nothing:
 * `weight = weight_orig / σ`, `σ = uᵀ W v`, W being the parameter as a matrix. The vectors u and v are buffers that come closer
 * to the singular ones by a step of the power iteration at each `forward` in training; the gradient takes them for constants.
 *
 * From now on, reading `layer.weight` computes it; the state has `weight_orig`, `weight_u` and `weight_v`, PyTorch's names. Make
 * the optimizer afterwards.
 *
 * @param layer  changed in place
 * @returns      the layer
 * @throws {ArgumentError} the layer has no such parameter or axis, or the parameter is replaced already; an option out of range
 * @see Miyato et al. 2018, https://arxiv.org/abs/1802.05957
 * @example
 * const generator = new Generator(1);
 * const layer = spectralNorm(new Linear(2, 3, { generator }), { generator });
 * Object.keys(layer.stateDict()); // ["bias", "weight_orig", "weight_u", "weight_v"]
 */
export function spectralNorm<Layer extends Module>(layer: Layer, options: SpectralNormOptions): Layer {
  checkDrawingOptions('spectralNorm', options, ['name', 'iterations', 'epsilon', 'axis']);
  const { generator, name = 'weight', iterations = 1, epsilon = 1e-12, axis = outputAxis(layer) } = options;
  checkName('spectralNorm', 'name', name);
  checkInteger('spectralNorm', 'iterations', iterations, { minimum: 1 });
  checkNumber('spectralNorm', 'epsilon', epsilon, { minimum: 0 });
  const original = parameterOf('spectralNorm', layer, name);
  const { rank } = original;
  checkInteger('spectralNorm', 'axis', axis, { minimum: -rank, below: rank });
  const matrix = (): Tensor => asMatrix(original, axis < 0 ? axis + rank : axis);
  const [u, v] = noGrad(() => scope(() => matrix().shape)).map((length) => start(length, generator, epsilon)) as [
    Variable,
    Variable,
  ];
  const iterate = (): void => {
    const rows = matrix(); // [outputs, others]
    for (let step = 0; step < iterations; step++) {
      v.assign(normalize(times(rows, u, true), epsilon));
      u.assign(normalize(times(rows, v), epsilon));
    }
  };
  computeField(layer, name, {
    op: 'spectralNorm',
    parts: { [`${name}_orig`]: original, [`${name}_u`]: u, [`${name}_v`]: v },
    compute: () => div(original, sum(mul(u, times(matrix(), v)))),
    hook: layer.registerForwardPreHook(() => {
      if (layer.training && !isRecomputing()) noGrad(() => scope(iterate));
      return undefined;
    }),
  });
  return layer;
}

/**
 * Undoes {@link spectralNorm}: the parameter is one again and starts at its present, normalized value.
 *
 * @throws {ArgumentError} the parameter is not spectrally normalized
 */
export function removeSpectralNorm<Layer extends Module>(layer: Layer, name = 'weight'): Layer {
  restoreField('spectralNorm', layer, name);
  return layer;
}

function outputAxis(layer: Module): number {
  return layer instanceof ConvTranspose1d || layer instanceof ConvTranspose2d ? 1 : 0;
}

/** `[axis, all others]` */
function asMatrix(weight: Tensor, axis: number): Tensor {
  const others = weight.shape.flatMap((_, i) => (i === axis ? [] : [i]));
  return reshape(axis === 0 ? weight : transpose(weight, [axis, ...others]), [weight.shape[axis] ?? 0, -1]);
}

/** A random direction. */
function start(length: number, generator: Generator, epsilon: number): Variable {
  return buffer(scope(() => normalize(generator.normal([length]), epsilon)));
}

function normalize(vector: Tensor, epsilon: number): Tensor {
  return div(vector, maximum(sqrt(sum(square(vector))), epsilon));
}

/** `matrix · vector`, or `matrixᵀ · vector`. */
function times(matrix: Tensor, vector: Tensor, transposed = false): Tensor {
  return reshape(matMul(matrix, reshape(vector, [-1, 1]), transposed), [-1]);
}
