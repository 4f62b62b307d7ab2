// SPDX-License-Identifier: Apache-2.0
// Gradient of Tile, which also carries broadcastTo: one sum over the repetitions. tfjs adds them up one by one, and only to rank 4.

import { type GradConfig, type Tensor, reshape, sum } from '../tf.ts';

export const tileGradient: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { reps } = attributes as object as { readonly reps: number[] };
      // An axis that is repeated is split into [repetitions, length]; any other stays one axis.
      const shape: number[] = [];
      const repeated: number[] = [];
      reps.forEach((count, axis) => {
        if (count !== 1) repeated.push(shape.length);
        if (count !== 1) shape.push(count);
        if (count === 1 || x.shape[axis] !== 1) shape.push(x.shape[axis]);
      });
      const split = reshape(gradOut as Tensor, shape);
      return reshape(repeated.length === 0 ? split : sum(split, repeated), x.shape);
    },
  }),
};
