// SPDX-License-Identifier: Apache-2.0
// Steps of optimizers in TypeScript; see native/src/kernels/optimizer_step.h for the formulas. The tensors to change get new
// values, so that an array that was read from one of them before stays as it is.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { splitLists } from '../tensor-lists.ts';

const { sqrt } = Math;

export interface AdamWStepAttributes {
  readonly decay: number; // learning rate * weight decay
  readonly firstRate: number; // 1 - beta1
  readonly secondDecay: number; // beta2
  readonly secondRate: number; // 1 - beta2
  readonly stepSize: number; // learning rate / (1 - beta1^step)
  readonly secondScale: number; // 1 / sqrt(1 - beta2^step)
  readonly epsilon: number;
}
export interface SgdStepAttributes {
  readonly learningRate: number;
  readonly weightDecay: number;
}
export interface MomentumStepAttributes extends SgdStepAttributes {
  readonly momentum: number;
  readonly gradientRate: number; // 1 - dampening
  readonly nesterov: boolean;
  readonly first: boolean;
}

/** Inputs: parameters, gradients, first moments, second moments, as many of each. Changes all but the gradients. */
const adamWStep = definition<readonly TensorInfo[], AdamWStepAttributes>(
  'NablaAdamWStep',
  (inputs, { decay, firstRate, secondDecay, secondRate, stepSize, secondScale, epsilon }, backend) => {
    const [parameters, gradients, firstMoments, secondMoments] = splitLists(inputs, 4);
    parameters.forEach((parameter, t) => {
      const gradient = backend.floats(gradients[t]);
      const values = Float32Array.from(backend.floats(parameter));
      const first = Float32Array.from(backend.floats(firstMoments[t]));
      const second = Float32Array.from(backend.floats(secondMoments[t]));
      for (let i = 0; i < values.length; i++) {
        const g = gradient[i];
        first[i] += firstRate * (g - first[i]);
        second[i] = secondDecay * second[i] + secondRate * g * g;
        const update = (stepSize * first[i]) / (secondScale * sqrt(second[i]) + epsilon);
        values[i] = values[i] - decay * values[i] - update;
      }
      backend.replace(parameter, values);
      backend.replace(firstMoments[t], first);
      backend.replace(secondMoments[t], second);
    });
    return [];
  },
);

/** Inputs: parameters, gradients, as many of each. Changes the parameters. */
const sgdStep = definition<readonly TensorInfo[], SgdStepAttributes>(
  'NablaSgdStep',
  (inputs, { learningRate, weightDecay }, backend) => {
    const [parameters, gradients] = splitLists(inputs, 2);
    parameters.forEach((parameter, t) => {
      const gradient = backend.floats(gradients[t]);
      const values = Float32Array.from(backend.floats(parameter));
      for (let i = 0; i < values.length; i++) values[i] -= learningRate * (gradient[i] + weightDecay * values[i]);
      backend.replace(parameter, values);
    });
    return [];
  },
);

/** Inputs: parameters, gradients, velocities, as many of each. Changes all but the gradients. */
const momentumStep = definition<readonly TensorInfo[], MomentumStepAttributes>(
  'NablaMomentumStep',
  (inputs, { learningRate, weightDecay, momentum, gradientRate, nesterov, first }, backend) => {
    const [parameters, gradients, velocities] = splitLists(inputs, 3);
    parameters.forEach((parameter, t) => {
      const gradient = backend.floats(gradients[t]);
      const values = Float32Array.from(backend.floats(parameter));
      const velocity = Float32Array.from(backend.floats(velocities[t]));
      for (let i = 0; i < values.length; i++) {
        const g = gradient[i] + weightDecay * values[i];
        velocity[i] = first ? g : momentum * velocity[i] + gradientRate * g;
        values[i] -= learningRate * (nesterov ? g + momentum * velocity[i] : velocity[i]);
      }
      backend.replace(parameter, values);
      backend.replace(velocities[t], velocity);
    });
    return [];
  },
);

export const optimizerStepDefinitions: readonly KernelConfig[] = [adamWStep, sgdStep, momentumStep];
