// SPDX-License-Identifier: Apache-2.0
// Gradients of kernels that are constant almost everywhere: zeros. Without them a condition, a count or a position computed from
// a parameter would stop the backward pass, as where(greater(x, 0), x, y) did.

import { type GradConfig, type Tensor, zeros } from '../tf.ts';

/**
 * Kernels by the names of their inputs. Of some, tfjs has a gradient that fails for int32: it has the dtype of the input. FloorDiv
 * and LogicalAnd are not here: tfjs' own tests ask that the one has the gradient of a quotient, and the other none
 * (see ops/unrecorded.ts).
 */
const CONSTANT: Readonly<Record<string, string>> = {
  x: 'All Any ArgMax ArgMin LogicalNot',
  'a b': 'BitwiseAnd Equal Greater GreaterEqual Less LessEqual LogicalOr NotEqual',
  'boxes scores': 'NonMaxSuppressionV3 NonMaxSuppressionV4',
  logits: 'Multinomial',
  'sortedSequence values': 'SearchSorted',
};

function constantGradient(kernelName: string, inputs: readonly string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (_, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => zeros(saved[i].shape)])),
  };
}

export const constantGradients: readonly GradConfig[] = Object.entries(CONSTANT).flatMap(([inputs, kernels]) =>
  kernels.split(' ').map((kernelName) => constantGradient(kernelName, inputs.split(' '))),
);

/** A conversion from real numbers to whole ones is a step, which tfjs takes for the identity. Any other one is the identity. */
export const castGradient: GradConfig = {
  kernelName: 'Cast',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { dtype } = attributes as object as { readonly dtype: string };
      const isStep = x.dtype === 'float32' && (dtype === 'int32' || dtype === 'bool');
      return isStep ? zeros(x.shape) : (gradOut as Tensor).clone();
    },
  }),
};
