// SPDX-License-Identifier: Apache-2.0
// Weight normalization: the length of a weight and its direction, learned apart.

import {
  type Tensor,
  checkInteger,
  checkName,
  checkOptions,
  div,
  mul,
  noGrad,
  scope,
  sqrt,
  square,
  sum,
} from '@nabla/core';

import type { Module } from '../module.ts';
import { parameter } from '../parameter.ts';
import { computeField, parameterOf, restoreField } from './computed-field.ts';

export interface WeightNormOptions {
  /** Of the layer's parameter; default `weight`. */
  name?: string;
  /** One length for each index of this axis, such as 0: one for each output; null: one length for all. Default 0. */
  axis?: number | null;
}

/**
 * Learns a parameter of `layer` as length and direction: `weight = weight_g · weight_v / ‖weight_v‖`, with a length for each index
 * of one axis. `weight_v` is the parameter as it was, `weight_g` starts at its length, so that the layer computes what it did.
 *
 * From now on, reading `layer.weight` computes it; the state has `weight_g` and `weight_v`, PyTorch's names. Make the optimizer
 * afterwards.
 *
 * @param layer  changed in place
 * @returns      the layer
 * @throws {ArgumentError} the layer has no such parameter or axis, or the parameter is replaced already
 * @see Salimans & Kingma 2016, https://arxiv.org/abs/1602.07868
 * @example
 * const layer = weightNorm(new Linear(2, 3, { generator: new Generator(1) }));
 * Object.keys(layer.stateDict()); // ["bias", "weight_g", "weight_v"]
 */
export function weightNorm<Layer extends Module>(layer: Layer, options: WeightNormOptions = {}): Layer {
  checkOptions('weightNorm', options, ['name', 'axis']);
  const { name = 'weight', axis = 0 } = options;
  checkName('weightNorm', 'name', name);
  const direction = parameterOf('weightNorm', layer, name);
  const { rank } = direction;
  if (axis !== null) checkInteger('weightNorm', 'axis', axis, { minimum: -rank, below: rank });
  const own = axis !== null && axis < 0 ? axis + rank : axis;
  const summed = direction.shape.flatMap((_, i) => (i === own ? [] : [i]));
  const length = (): Tensor => sqrt(sum(square(direction), summed, own !== null));
  const gain = parameter(noGrad(() => scope(length)));
  computeField(layer, name, {
    op: 'weightNorm',
    parts: { [`${name}_g`]: gain, [`${name}_v`]: direction },
    compute: () => mul(direction, div(gain, length())),
  });
  return layer;
}

/**
 * Undoes {@link weightNorm}: the parameter is one again and starts at its present value.
 *
 * @throws {ArgumentError} the parameter is not weight-normalized
 */
export function removeWeightNorm<Layer extends Module>(layer: Layer, name = 'weight'): Layer {
  restoreField('weightNorm', layer, name);
  return layer;
}
