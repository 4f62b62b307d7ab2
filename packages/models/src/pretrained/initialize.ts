// SPDX-License-Identifier: Apache-2.0
// The values that a published architecture starts from when it is trained anew.

import { type Generator, normal, zeros } from '@nabla/core';
import type { Module } from '@nabla/layers';

/**
 * Gives parameters the start that transformers gives them: matrices normal with the deviation `initializer_range`, biases 0; a norm's
 * scale keeps the 1 that it was made with.
 *
 * @param names      of the parameters to start anew; default all
 * @param deviation  of the parameter of a name, where a model has its own rule
 */
export function initialize(
  model: Module,
  generator: Generator,
  deviation: (name: string) => number,
  names?: ReadonlySet<string>,
): void {
  for (const [name, variable] of model.namedState()) {
    if (names?.has(name) === false) continue;
    const isMatrix = variable.rank > 1;
    if (!isMatrix && !name.endsWith('bias')) continue;
    const start = isMatrix
      ? normal(variable.shape, generator, { standardDeviation: deviation(name) })
      : zeros(variable.shape);
    variable.assign(start);
    start.dispose();
  }
}
