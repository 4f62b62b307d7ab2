// SPDX-License-Identifier: Apache-2.0
// A list of modules.

import { checkModules, refuseCall } from './containers.ts';
import { type Layer, Module } from './module.ts';

/** Modules in a fixed order, named by position, for a `forward` that says itself how it uses them. */
export class ModuleList<Item extends Module = Layer> extends Module {
  readonly items: readonly Item[];

  constructor(items: Iterable<Item>) {
    super();
    this.items = [...items];
    checkModules('ModuleList', 'items', this.items);
  }

  override *namedChildren(): IterableIterator<[string, Module]> {
    for (const [position, item] of this.items.entries()) yield [String(position), item];
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.items[Symbol.iterator]();
  }

  get length(): number {
    return this.items.length;
  }

  /** A list computes nothing by itself. */
  override forward(): never {
    return refuseCall('ModuleList', 'Iterate over the list in the forward of its owner, or use Sequential.');
  }
}
