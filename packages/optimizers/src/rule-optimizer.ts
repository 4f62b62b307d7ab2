// SPDX-License-Identifier: Apache-2.0
// What the optimizers share that are one update rule of core: they only say with which rates.

import { type OptimizerRates, type OptimizerRule, type Tensor, type Variable, optimizerRuleStep } from '@nabla/core';

import { Optimizer, type Slots, type UpdateSettings } from './optimizer.ts';
import type { Parameters } from './parameter-groups.ts';

/** Updates a group with one rule in one pass; its slots are the rule's states, in their order. */
export abstract class RuleOptimizer extends Optimizer {
  private readonly rule: OptimizerRule;
  private readonly weightDecay: number;

  constructor(
    rule: OptimizerRule,
    parameters: Parameters,
    { learningRate, weightDecay }: Record<'learningRate' | 'weightDecay', number>,
    slots: readonly string[] | ((parameter: Variable) => Slots),
  ) {
    super(parameters, learningRate, slots);
    this.rule = rule;
    this.weightDecay = weightDecay;
  }

  /** The rates of one step, but for the weight decay. */
  protected abstract rates(settings: UpdateSettings): Partial<OptimizerRates>;

  protected override update(
    parameters: Variable[],
    gradients: Tensor[],
    slots: Record<string, Tensor[]>,
    settings: UpdateSettings,
  ): void {
    const { weightDecay = this.weightDecay } = settings;
    const rates = { weightDecay, ...this.rates(settings) };
    optimizerRuleStep(this.rule, parameters, gradients, Object.values(slots), rates);
  }
}
