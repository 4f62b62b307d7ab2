// SPDX-License-Identifier: Apache-2.0
// A chain of layers.

import { type Tensor, checkInstance } from '@nabla/core';

import { type Layer, Module } from './module.ts';

const HINT = 'Pass the layers one by one: new Sequential(first, second).';

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

  /** @throws {ArgumentError} a layer is no module */
  constructor(...layers: Layer[]) {
    super();
    layers.forEach((layer, i) => checkInstance('Sequential', `layer ${i}`, layer, Module, HINT));
    this.layers = layers;
  }

  override *namedChildren(): IterableIterator<[string, Module]> {
    for (const [position, layer] of this.layers.entries()) yield [String(position), layer];
  }

  override forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}
