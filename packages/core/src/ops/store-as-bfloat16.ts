// SPDX-License-Identifier: Apache-2.0
// Keeping a tensor in half its memory: weights that are read and not trained.

import { checkDtype, checkTensor } from '../check.ts';
import type { Tensor } from '../tf.ts';
import { unshare } from './in-place.ts';
import { runKernel } from './run.ts';

/**
 * Rounds a tensor to bf16, in place, and from then on keeps it in half the memory: the upper 16 bits of each float32. It is a
 * float32 tensor still, for every op. A product that has it as its second operand, as {@link linear} has its weight, and
 * {@link embedding} read the 16 bits as they are, which for a single row takes half the time; sums and all other operands are
 * float32. Any other op widens it for the time that it takes. What writes to it in place, such as an optimizer, makes it
 * float32 in memory again first, so that nothing that is written is rounded unasked.
 *
 * Rounding is to the nearest number of 8 significant bits, of two to the even one; NaN and infinities stay, and what is above the
 * largest becomes infinite. The values are the same on every device; the memory is saved on `cpu` and `cuda`. Nothing is recorded for
 * gradients. A tensor that shares its memory with another one is given memory of its own: the other keeps its values.
 *
 * @param tensor  float32; changed
 * @throws {DTypeError} it is not float32
 * @example
 * const weight = tensor1d([1, 1.01, -3.14159]);
 * storeAsBfloat16(weight);
 * weight; // [1, 1.0078125, -3.140625]
 */
export function storeAsBfloat16(tensor: Tensor): void {
  checkTensor('storeAsBfloat16', 'tensor', tensor);
  checkDtype('storeAsBfloat16', 'tensor', tensor, 'float32');
  unshare([tensor]);
  runKernel('NablaStoreAsBfloat16', { target: tensor });
}
