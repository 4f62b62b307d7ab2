// SPDX-License-Identifier: Apache-2.0
// A chain of layers.

import type { Tensor } from '@nabla/core';

import { checkModules } from './containers.ts';
import { type Layer, Module } from './module.ts';

/**
 * Applies its layers one after the other: `y = layerₙ(… layer₁(x))`.
 *
 * @example
 * const generator = new Generator(1);
 * const model = new Sequential(new Linear(4, 8, { generator }), new ReLU(), new Linear(8, 2, { generator }));
 * Object.keys(model.stateDict()); // ["0.weight", "0.bias", "2.weight", "2.bias"]
 */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    checkModules('Sequential', 'layers', layers);
    this.layers = layers;
  }

  override *namedChildren(): IterableIterator<[string, Module]> {
    for (const [position, layer] of this.layers.entries()) yield [String(position), layer];
  }

  override forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}
