// SPDX-License-Identifier: Apache-2.0
// The state of what goes along with parameters from step to step: optimizers, and averages of weights.

import { ArgumentError, type Tensor, checkInteger, formatShape } from '@nabla/core';

/** Everything that is needed to go on: steps taken, and tensors by name, such as `firstMoment.0`. */
export interface OptimizerState {
  readonly step: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/**
 * @param own  the tensors that `given` would take the place of
 * @throws {ArgumentError} names, shapes or dtypes differ (code `STATE`), or `step` is no count
 */
export function checkState(op: string, { step, tensors: given }: OptimizerState, own: OptimizerState['tensors']): void {
  checkInteger(op, 'step', step, { minimum: 0 });
  const names = new Set([...Object.keys(own), ...Object.keys(given)]);
  const wrong = [...names].filter((name) => describe(own[name]) !== describe(given[name]));
  if (wrong.length === 0) return;
  const received = wrong.map((name) => `${name} ${describe(given[name])} instead of ${describe(own[name])}`).join('; ');
  throw new ArgumentError({ op, argument: 'tensors', expected: 'the state of these parameters', received }, 'STATE');
}

function describe(tensor: Tensor | undefined): string {
  if (tensor === undefined) return 'absent';
  return tensor.dtype === 'float32' ? formatShape(tensor.shape) : `${tensor.dtype} ${formatShape(tensor.shape)}`;
}
