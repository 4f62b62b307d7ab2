// SPDX-License-Identifier: Apache-2.0
// One step of stochastic gradient descent on all parameters: checks, the plain formula for one tensor, the fused kernels.

import { checkBoolean, checkNumber, checkOptions } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { type Tensor, add, mul, sub } from '../tf.ts';
import { checkDistinct, checkLists, unshare } from './in-place.ts';
import { runKernel } from './run.ts';

export interface SgdStepOptions {
  /** γ */
  learningRate: number;
  /** μ */
  momentum: number;
  /** τ */
  dampening: number;
  /** Look ahead along the velocity. */
  nesterov: boolean;
  /** λ */
  weightDecay: number;
  /** Whether this is the first step: the velocities are not read then. */
  first: boolean;
}

/**
 * Stochastic gradient descent, in place on every parameter θ and its velocity v, given the gradients g:
 *
 *     g ← g + λ θ          v ← μ v + (1 - τ) g   (first step: v ← g)
 *     θ ← θ - γ (g + μ v)   with Nesterov's momentum, else   θ ← θ - γ v
 *
 * and without velocities `θ ← θ - γ (g + λ θ)`.
 *
 * A tensor that shares its memory with others, such as a parameter of which a clone is held, is given memory of its own: the
 * others keep their values.
 *
 * @param parameters  any shapes, float32; changed
 * @param gradients   one for each parameter, of its shape
 * @param velocities  likewise; changed. Undefined: no momentum
 * @throws {ArgumentError} lists of unequal length, a tensor to be changed listed twice, an option out of range, momentum
 *   without velocities
 * @throws {ShapeError} a tensor has not the shape of its parameter
 * @throws {DTypeError} a tensor is not float32
 * @see Sutskever, Martens, Dahl & Hinton 2013, https://proceedings.mlr.press/v28/sutskever13.html. Departs from it as PyTorch
 * does: γ multiplies the velocity in the last line, not the gradient in it.
 * @example
 * const w = variable(tensor1d([2]));
 * const options = { learningRate: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: true };
 * sgdStep([w], [tensor1d([5])], undefined, options);
 * w; // [1.5]
 */
export function sgdStep(
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  velocities: readonly Tensor[] | undefined,
  options: SgdStepOptions,
): void {
  const names = ['learningRate', 'momentum', 'dampening', 'nesterov', 'weightDecay', 'first'];
  checkOptions('sgdStep', options, names);
  const { learningRate, momentum, dampening, nesterov, weightDecay, first } = options;
  checkNumber('sgdStep', 'learningRate', learningRate);
  checkNumber('sgdStep', 'momentum', momentum, { minimum: 0 });
  checkNumber('sgdStep', 'dampening', dampening);
  checkNumber('sgdStep', 'weightDecay', weightDecay);
  checkBoolean('sgdStep', 'nesterov', nesterov);
  checkBoolean('sgdStep', 'first', first);
  if (velocities === undefined) {
    if (momentum !== 0) {
      const hint = 'Pass one for each parameter, or set momentum to 0.';
      throw new ArgumentError({
        op: 'sgdStep',
        argument: 'velocities',
        expected: 'to be given',
        received: 'none',
        hint,
      });
    }
    checkLists('sgdStep', { parameters, gradients });
    checkDistinct('sgdStep', { parameters });
    unshare(parameters);
    runKernel('NablaSgdStep', [...parameters, ...gradients], { learningRate, weightDecay });
    return;
  }
  checkLists('sgdStep', { parameters, gradients, velocities });
  checkDistinct('sgdStep', { parameters, velocities });
  for (const changed of [parameters, velocities]) unshare(changed);
  const attributes = { learningRate, weightDecay, momentum, gradientRate: 1 - dampening, nesterov, first };
  runKernel('NablaMomentumStep', [...parameters, ...gradients, ...velocities], attributes);
}

/** The formula of {@link sgdStep} for one parameter with its velocity, op by op. → [parameter, velocity] */
export function plainSgdStep(
  parameter: Tensor,
  gradient: Tensor,
  velocity: Tensor,
  { learningRate, momentum, dampening, nesterov, weightDecay, first }: SgdStepOptions,
): [Tensor, Tensor] {
  const decayed = add(gradient, mul(weightDecay, parameter));
  const next = first ? decayed : add(mul(momentum, velocity), mul(1 - dampening, decayed));
  const direction = nesterov ? add(decayed, mul(momentum, next)) : next;
  return [sub(parameter, mul(learningRate, direction)), next];
}
