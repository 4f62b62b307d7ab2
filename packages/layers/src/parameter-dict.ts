// SPDX-License-Identifier: Apache-2.0
// Parameters by name.

import { Variable } from '@nabla/core';

import { dictionaryOf, entryOf, refuseCall } from './containers.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

/**
 * Parameters by name, for the `forward` of the module that holds the dictionary. Disposing of that module frees them.
 *
 * @example
 * const scales = new ParameterDict({ left: parameter(ones([2])), right: parameter(ones([3])) });
 * Object.keys(scales.stateDict()); // ["left", "right"]
 */
export class ParameterDict extends Module {
  readonly items: Readonly<Record<string, Parameter>>;

  /**
   * @param items  parameters by name
   * @throws {ArgumentError} an item is no parameter, or a name is empty or has a dot
   */
  constructor(items: Readonly<Record<string, Parameter>>) {
    super();
    this.items = dictionaryOf('ParameterDict', items, Variable);
  }

  override *namedOwnState(): IterableIterator<[string, Variable]> {
    yield* this;
  }

  /** @throws {ArgumentError} there is no parameter of that name; the nearest spelling is offered */
  get(name: string): Parameter {
    return entryOf('ParameterDict', this.items, name);
  }

  /** Names with their parameters. */
  [Symbol.iterator](): Iterator<[string, Parameter]> {
    return Object.entries(this.items)[Symbol.iterator]();
  }

  get size(): number {
    return Object.keys(this.items).length;
  }

  /** A dictionary computes nothing by itself. */
  override forward(): never {
    return refuseCall('ParameterDict', 'Use its parameters in the forward of its owner.');
  }
}
