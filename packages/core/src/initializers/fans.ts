// SPDX-License-Identifier: Apache-2.0
// How many numbers a weight's outputs are summed from, and how many its inputs are spread to.

import { checkRank, checkSizes } from '../check.ts';
import { sizeOf } from '../shape.ts';

/** Connections of one unit. */
export interface Fans {
  /** Inputs that one output is computed from. */
  readonly fanIn: number;
  /** Outputs that one input contributes to. */
  readonly fanOut: number;
}

/**
 * Fans of a weight in PyTorch's layout `[outputs, inputs, ...kernel]`: `inputs` and `outputs` times the size of the kernel.
 *
 * @throws {ShapeError} fewer than two axes (code `RANK`)
 * @see PyTorch, torch.nn.init._calculate_fan_in_and_fan_out
 * @example
 * computeFans('kaimingUniform', [32, 16, 3, 3]); // {"fanIn": 144, "fanOut": 288}
 */
export function computeFans(op: string, shape: readonly number[]): Fans {
  checkSizes(op, 'shape', shape);
  checkRank(op, 'weight', { shape }, 2, Infinity);
  const [outputs, inputs, ...kernel] = shape;
  return { fanIn: inputs * sizeOf(kernel), fanOut: outputs * sizeOf(kernel) };
}
