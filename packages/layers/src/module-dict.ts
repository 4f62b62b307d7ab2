// SPDX-License-Identifier: Apache-2.0
// Modules by name.

import { dictionaryOf, entryOf, refuseCall } from './containers.ts';
import { type Layer, Module } from './module.ts';

/**
 * Modules by name, for a `forward` that says itself which it uses, such as one of several heads or activations. As everywhere in
 * JavaScript, names that are integers come first.
 *
 * @example
 * const activations = new ModuleDict({ relu: new ReLU(), tanh: new Tanh() });
 * activations.get('relu').forward(tensor1d([-1, 2])); // [0, 2]
 */
export class ModuleDict<Item extends Module = Layer> extends Module {
  readonly items: Readonly<Record<string, Item>>;

  /**
   * @param items  modules by name
   * @throws {ArgumentError} an item is no module, or a name is empty or has a dot
   */
  constructor(items: Readonly<Record<string, Item>>) {
    super();
    this.items = dictionaryOf('ModuleDict', items, Module);
  }

  override *namedChildren(): IterableIterator<[string, Module]> {
    yield* this;
  }

  /** @throws {ArgumentError} there is no module of that name; the nearest spelling is offered */
  get(name: string): Item {
    return entryOf('ModuleDict', this.items, name);
  }

  /** Names with their modules. */
  [Symbol.iterator](): Iterator<[string, Item]> {
    return Object.entries(this.items)[Symbol.iterator]();
  }

  get size(): number {
    return Object.keys(this.items).length;
  }

  /** A dictionary computes nothing by itself. */
  override forward(): never {
    return refuseCall('ModuleDict', 'Call one of its modules in the forward of its owner: dict.get(name).');
  }
}
