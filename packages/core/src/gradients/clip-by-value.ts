// SPDX-License-Identifier: Apache-2.0
// Gradient of ClipByValue: 0 beyond a bound, 1 at it. That of tfjs ends a derivative of second order at its condition.

import { unrecorded } from '../tape.ts';
import { type GradConfig, type Tensor, greaterEqual, lessEqual, logicalAnd, where, zerosLike } from '../tf.ts';

interface ClipAttributes {
  readonly clipValueMin: number;
  readonly clipValueMax: number;
}

export const clipByValueGradient: GradConfig = {
  kernelName: 'ClipByValue',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { clipValueMin, clipValueMax } = attributes as object as ClipAttributes;
      const inside = unrecorded(() => logicalAnd(greaterEqual(x, clipValueMin), lessEqual(x, clipValueMax)));
      return where(inside, gradOut as Tensor, zerosLike(gradOut as Tensor));
    },
  }),
};
