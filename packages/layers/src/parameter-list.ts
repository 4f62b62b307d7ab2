// SPDX-License-Identifier: Apache-2.0
// A list of parameters.

import { Variable } from '@nabla/core';

import { listOf, refuseCall } from './containers.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

/**
 * Parameters in a fixed order, named by position, for the `forward` of the module that holds the list. Disposing of that module
 * frees them.
 *
 * @example
 * const scales = new ParameterList([parameter(ones([2])), parameter(ones([3]))]);
 * Object.keys(scales.stateDict()); // ["0", "1"]
 */
export class ParameterList extends Module {
  readonly items: readonly Parameter[];

  constructor(items: Iterable<Parameter>) {
    super();
    this.items = listOf('ParameterList', items, Variable);
  }

  override *namedOwnState(): IterableIterator<[string, Variable]> {
    for (const [position, item] of this.items.entries()) yield [String(position), item];
  }

  [Symbol.iterator](): Iterator<Parameter> {
    return this.items[Symbol.iterator]();
  }

  get length(): number {
    return this.items.length;
  }

  /** A list computes nothing by itself. */
  override forward(): never {
    return refuseCall('ParameterList', 'Use its parameters in the forward of its owner.');
  }
}
