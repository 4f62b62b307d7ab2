// SPDX-License-Identifier: Apache-2.0
// Gradient of Select: each element's goes where the element came from.

import { type GradConfig, type Tensor, engine, zeros, zerosLike } from '../tf.ts';

/** Runs the kernel itself: its condition may be one for each row, which the op `where` would repeat along the last axis. */
function select(condition: Tensor, yes: Tensor, no: Tensor): Tensor {
  return engine().runKernel<Tensor>('Select', { condition, t: yes, e: no });
}

/** Chooses, where tfjs multiplies by 0 and 1: an infinite gradient of one branch must not become NaN in the other. */
export const selectGradient: GradConfig = {
  kernelName: 'Select',
  inputsToSave: ['condition'],
  gradFunc: (gradOut, [condition]) => ({
    condition: () => zeros(condition.shape),
    t: () => select(condition, gradOut as Tensor, zerosLike(gradOut as Tensor)),
    e: () => select(condition, zerosLike(gradOut as Tensor), gradOut as Tensor),
  }),
};
