// SPDX-License-Identifier: Apache-2.0
// Gradients of relu, sigmoid and tanh as the one kernel that fused ops have for them, where tfjs runs up to four; and of it; and of
// that of elu.

import type { Activation, ActivationAttributes } from '../backend/definitions/activation.ts';
import { ArgumentError } from '../errors.ts';
import { type GradConfig, type NamedTensorMap, type Tensor, engine, less, mul, sub, where, zerosLike } from '../tf.ts';

/** The second derivative of an activation y over the first, as a function of y. */
const CURVATURES: Readonly<Partial<Record<Activation, (y: Tensor) => Tensor>>> = {
  relu: zerosLike,
  sigmoid: (y) => sub(1, mul(y, 2)),
  tanh: (y) => mul(y, -2),
};

function curvatureOf(activation: Activation): (y: Tensor) => Tensor {
  const curvature = CURVATURES[activation];
  if (curvature !== undefined) return curvature;
  const hint = `Compute ${activation} from other ops where derivatives of second order are taken.`;
  const [argument, expected] = ['a second derivative', `to be of ${Object.keys(CURVATURES).join(', ')}`];
  throw new ArgumentError({ op: activation, argument, expected, received: 'none', hint }, 'NO_GRADIENT');
}

function activationGrad(gradOut: Tensor, saved: Tensor, activation: Activation): Tensor {
  const inputs: NamedTensorMap = { gradOut, saved };
  return engine().runKernel('NablaActivationGrad', inputs, { activation });
}

function activationGradient(kernelName: string, activation: Activation): GradConfig {
  return {
    kernelName,
    outputsToSave: [true],
    gradFunc: (gradOut, [y]) => ({ x: () => activationGrad(gradOut as Tensor, y, activation) }),
  };
}

/** Derivatives of second order, of activations whose derivative is computed from their output. */
const second: GradConfig = {
  kernelName: 'NablaActivationGrad',
  inputsToSave: ['gradOut', 'saved'],
  gradFunc: (grad, [gradOut, saved], attributes) => {
    const { activation } = attributes as object as ActivationAttributes;
    return {
      gradOut: () => activationGrad(grad as Tensor, saved, activation),
      saved: () => mul(mul(grad as Tensor, gradOut), curvatureOf(activation)(saved)),
    };
  },
};

/** Of the derivative of elu, which tfjs computes from the output y: y + 1 below 0, else 1. */
const secondOfElu: GradConfig = {
  kernelName: 'EluGrad',
  inputsToSave: ['dy', 'y'],
  gradFunc: (grad, [dy, y]) => ({
    dy: () => engine().runKernel<Tensor>('EluGrad', { dy: grad as Tensor, y }),
    y: () => where(less(y, 0), mul(grad as Tensor, dy), zerosLike(y)),
  }),
};

export const activationGradients: readonly GradConfig[] = [
  activationGradient('Relu', 'relu'),
  activationGradient('Sigmoid', 'sigmoid'),
  activationGradient('Tanh', 'tanh'),
  second,
  secondOfElu,
];
