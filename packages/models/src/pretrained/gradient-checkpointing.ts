// SPDX-License-Identifier: Apache-2.0
// Training a deep model in less memory: its blocks forget what the backward pass does not need, or all that they computed, and
// compute it again in the backward pass.

import { Tensor, checkpoint, scope } from '@nabla/core';
import { type Module, ModuleList } from '@nabla/layers';

type Forward = (...inputs: unknown[]) => Tensor;

/**
 * Lets every block of a model, that is every module of its lists, keep its inputs only while training; see {@link checkpoint}. Values
 * and gradients stay the same; the memory of activations falls to about that of one block, for the time of one more forward pass.
 *
 * @returns ends it
 * @see Chen et al. 2016, https://arxiv.org/abs/1604.06174
 */
export function checkpointBlocks(model: Module): { remove(): void } {
  return wrapBlocks(model, (forward) => (...inputs) => {
    const { tensors, rebuild } = takeApart(inputs);
    return checkpoint((...received) => forward(...rebuild(received)), tensors);
  });
}

/**
 * Lets every block of a model, that is every module of its lists, free what it made on the way to its result once it has that: while
 * training all but what the backward pass needs, in evaluation everything. Without it, all of it lives until the model's result is
 * there. Not for models that write with a cache: what a block adds to one is on the way, too.
 *
 * @returns ends it
 */
export function scopeBlocks(model: Module): { remove(): void } {
  return wrapBlocks(
    model,
    (forward) =>
      (...inputs) =>
        scope(() => forward(...inputs)),
  );
}

/** Puts a function into each block's field `forward`, which hides the method of its class. */
function wrapBlocks(model: Module, wrap: (forward: Forward) => Forward): { remove(): void } {
  const blocks = [...model.namedModules()].flatMap(([, module]) => {
    return module instanceof ModuleList ? [...(module as ModuleList<Module>)] : [];
  });
  for (const block of blocks) {
    const value = wrap(block.forward.bind(block) as Forward);
    Object.defineProperty(block, 'forward', { value, configurable: true, enumerable: false });
  }
  return {
    remove: () => {
      for (const block of blocks) Reflect.deleteProperty(block, 'forward');
    },
  };
}

/** The tensors among arguments, and in the fields of arguments; and how the arguments are made of others in their place. */
function takeApart(inputs: readonly unknown[]): {
  tensors: Tensor[];
  rebuild: (replaced: readonly Tensor[]) => unknown[];
} {
  const tensors: Tensor[] = [];
  const collect = (value: unknown): unknown => {
    if (!(value instanceof Tensor)) return value;
    tensors.push(value as Tensor);
    return new Place(tensors.length - 1);
  };
  const parts = inputs.map((input) => (isPlain(input) ? mapFields(input, collect) : collect(input)));
  return {
    tensors,
    rebuild: (replaced) => {
      const fill = (value: unknown): unknown => (value instanceof Place ? replaced[value.index] : value);
      return parts.map((part) => (isPlain(part) ? mapFields(part, fill) : fill(part)));
    },
  };
}

/** Where a tensor stood. */
class Place {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function mapFields(
  fields: Readonly<Record<string, unknown>>,
  map: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]));
}
