// SPDX-License-Identifier: Apache-2.0
// One step of an optimizer's update rule on all parameters: checks and the fused kernel. The formulas are those of the table in
// backend/definitions/optimizer-rule.ts.

import { type OptimizerRates, type OptimizerRule, optimizerRules } from '../backend/definitions/optimizer-rule.ts';
import { checkNumber, checkOneOf, checkOptions } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Tensor } from '../tf.ts';
import { checkDistinct, checkLists, unshare } from './in-place.ts';
import { runKernel } from './run.ts';

export type { OptimizerRates, OptimizerRule };

const NO_RATES: OptimizerRates = {
  weightDecay: 0,
  beta1: 0,
  beta2: 0,
  momentum: 0,
  stepSize: 0,
  gradientSize: 0,
  scale: 0,
  epsilon: 0,
};

/**
 * One step of an update rule, in place on every parameter p and its states, given the gradients g. Rules that several optimizers
 * are made of; the optimizers of `@nabla/optimizers` say which rates make which optimizer.
 *
 * A tensor that shares its memory with others, such as a parameter of which a clone is held, is given memory of its own: the
 * others keep their values.
 *
 * @param rule        `adam`, `amsgrad`, `adamax`, `nadam`, `radam`, `rmsprop`, `centeredRmsprop`, `adagrad`, `adadelta`, `lion`,
 *                    `decoupledAmsgrad`, `lamb` or `average`
 * @param parameters  any shapes, float32; changed
 * @param gradients   one for each parameter, of its shape
 * @param states      lists of one tensor for each parameter, as many lists as the rule has states; changed
 * @param rates       those that the rule has; the others are 0
 * @throws {ArgumentError} an unknown rule, another number of states, lists of unequal length, a tensor to be changed listed twice
 * @throws {ShapeError} a tensor has not the shape of its parameter
 * @throws {DTypeError} a tensor is not float32
 * @example
 * const [w, a] = [2, 0].map((value) => variable(tensor1d([value])));
 * optimizerRuleStep('adagrad', [w], [tensor1d([5])], [[a]], { stepSize: 0.1 });
 * w; // [1.9]
 */
export function optimizerRuleStep(
  rule: OptimizerRule,
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  states: readonly (readonly Tensor[])[],
  rates: Partial<OptimizerRates>,
): void {
  const op = 'optimizerRuleStep';
  checkOneOf(op, 'rule', rule, Object.keys(optimizerRules));
  checkOptions(op, rates, Object.keys(NO_RATES));
  const all = { ...NO_RATES, ...rates };
  for (const [name, value] of Object.entries(all)) checkNumber(op, name, value);
  const { states: count } = optimizerRules[rule];
  if (states.length !== count) {
    const expected = `to be ${count} lists, as the rule ${rule} has`;
    throw new ArgumentError({ op, argument: 'states', expected, received: String(states.length) });
  }
  const named = Object.fromEntries(states.map((list, i) => [`states[${i}]`, list]));
  checkLists(op, { parameters, gradients, ...named });
  checkDistinct(op, { parameters, ...named });
  for (const changed of [parameters, ...states]) unshare(changed);
  runKernel('NablaOptimizerRuleStep', [...parameters, ...gradients, ...states.flat()], { rule, ...all });
}
