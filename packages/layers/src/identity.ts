// SPDX-License-Identifier: Apache-2.0
// The layer that does nothing.

import type { Tensor } from '@nabla/core';

import { Module } from './module.ts';

/**
 * Gives back its input: for a place where a network may have a layer and this one has none.
 *
 * @example
 * new Identity().forward(tensor1d([1, 2])); // [1, 2]
 */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}
