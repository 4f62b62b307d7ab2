// SPDX-License-Identifier: Apache-2.0
// Which module first produced a NaN or an infinity: for the moment after a loss has gone bad.

import { type Tensor, all, isFinite } from '@nabla/core';

import { isTensor } from './is-tensor.ts';
import type { Module } from './module.ts';

/** Where a number stopped being finite. */
export interface NonFinite {
  /** State name of the module, such as `blocks.3.self_attn`; the empty string for the whole model. */
  readonly module: string;
  /** Class of the module. */
  readonly kind: string;
  /** Name of a parameter that was not finite already before the computation. */
  readonly parameter?: string;
}

/**
 * Runs a computation once more and watches what every module of `model` returns.
 *
 * @param run the computation; it must repeat the one that went bad, including its random numbers
 * @returns the first module whose output is not finite, children before parents; undefined when every output is finite
 */
export function findNonFinite(model: Module, run: () => unknown): NonFinite | undefined {
  for (const [name, parameter] of model.namedState()) {
    if (!isAllFinite(parameter)) {
      const module = name.split('.').slice(0, -1).join('.');
      const owner = [...model.namedModules()].find(([path]) => path === module);
      return { module, kind: owner?.[1].constructor.name ?? '', parameter: name };
    }
  }
  let first: NonFinite | undefined;
  const handles = [...model.namedModules()].map(([path, module]) =>
    module.registerForwardHook((_, __, output) => {
      if (first === undefined && isTensor(output) && !isAllFinite(output)) {
        first = { module: path, kind: module.constructor.name };
      }
      return undefined;
    }),
  );
  try {
    run();
  } finally {
    for (const handle of handles) handle.remove();
  }
  return first;
}

function isAllFinite(tensor: Tensor): boolean {
  if (tensor.dtype !== 'float32') return true;
  const finite = isFinite(tensor);
  const every = all(finite);
  const result = every.dataSync()[0] === 1;
  finite.dispose();
  every.dispose();
  return result;
}
