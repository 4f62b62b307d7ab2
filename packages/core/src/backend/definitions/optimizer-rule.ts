// SPDX-License-Identifier: Apache-2.0
// Update rules of optimizers in TypeScript, element by element; see native/src/kernels/optimizer_rule.h for the formulas. The
// tensors to change get new values, so that an array that was read from one of them before stays as it is.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { splitLists } from '../tensor-lists.ts';

/** What the rules are told; each needs some of it. */
export interface OptimizerRates {
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly momentum: number;
  readonly stepSize: number;
  readonly gradientSize: number;
  readonly scale: number;
  readonly epsilon: number;
}

/** One element: parameter, gradient, and the states that the rule has. */
interface RuleElement {
  p: number;
  g: number;
  a: number;
  b: number;
  c: number;
}

interface Rule {
  /** How many of the states a, b, c it has. */
  readonly states: 0 | 1 | 2 | 3;
  readonly update: (e: RuleElement, r: OptimizerRates) => void;
}

const { abs, max, sign, sqrt } = Math;

function decayGradient(e: RuleElement, { weightDecay }: OptimizerRates): void {
  e.g += weightDecay * e.p;
}

const average = (old: number, x: number, beta: number): number => beta * old + (1 - beta) * x;

function moveMoments(e: RuleElement, r: OptimizerRates): void {
  e.a = average(e.a, e.g, r.beta1);
  e.b = average(e.b, e.g * e.g, r.beta2);
}

function moveDecayedMoments(e: RuleElement, r: OptimizerRates): void {
  decayGradient(e, r);
  moveMoments(e, r);
}

/** The first moment, divided by the root of the given second one. */
function adamStep(e: RuleElement, r: OptimizerRates, secondMoment: number): number {
  return (r.stepSize * e.a) / (r.scale * sqrt(secondMoment) + r.epsilon);
}

function rmsprop(e: RuleElement, r: OptimizerRates, variance: number): void {
  e.a = r.momentum * e.a + e.g / (sqrt(variance) + r.epsilon);
  e.p -= r.stepSize * e.a;
}

/** The names of the rules. */
export type OptimizerRule =
  | 'adam'
  | 'amsgrad'
  | 'adamax'
  | 'nadam'
  | 'radam'
  | 'rmsprop'
  | 'centeredRmsprop'
  | 'adagrad'
  | 'adadelta'
  | 'lion'
  | 'decoupledAmsgrad'
  | 'lamb'
  | 'average';

/** The rules by name; their order is that of the native list. */
export const optimizerRules: Readonly<Record<OptimizerRule, Rule>> = {
  adam: {
    states: 2,
    update(e, r) {
      moveDecayedMoments(e, r);
      e.p -= adamStep(e, r, e.b);
    },
  },
  amsgrad: {
    states: 3,
    update(e, r) {
      moveDecayedMoments(e, r);
      e.c = max(e.c, e.b);
      e.p -= adamStep(e, r, e.c);
    },
  },
  adamax: {
    states: 2,
    update(e, r) {
      decayGradient(e, r);
      e.a = average(e.a, e.g, r.beta1);
      e.b = max(r.beta2 * e.b, abs(e.g) + r.epsilon);
      e.p -= (r.stepSize * e.a) / e.b;
    },
  },
  nadam: {
    states: 2,
    update(e, r) {
      moveDecayedMoments(e, r);
      e.p -= (r.gradientSize * e.g + r.stepSize * e.a) / (r.scale * sqrt(e.b) + r.epsilon);
    },
  },
  radam: {
    states: 2,
    update(e, r) {
      moveDecayedMoments(e, r);
      e.p -= r.stepSize * e.a * (r.scale === 0 ? 1 : r.scale / (sqrt(e.b) + r.epsilon));
    },
  },
  rmsprop: {
    states: 2,
    update(e, r) {
      decayGradient(e, r);
      e.b = average(e.b, e.g * e.g, r.beta2);
      rmsprop(e, r, e.b);
    },
  },
  centeredRmsprop: {
    states: 3,
    update(e, r) {
      decayGradient(e, r);
      e.b = average(e.b, e.g * e.g, r.beta2);
      e.c = average(e.c, e.g, r.beta2);
      rmsprop(e, r, e.b - e.c * e.c);
    },
  },
  adagrad: {
    states: 1,
    update(e, r) {
      decayGradient(e, r);
      e.a += e.g * e.g;
      e.p -= (r.stepSize * e.g) / (sqrt(e.a) + r.epsilon);
    },
  },
  adadelta: {
    states: 2,
    update(e, r) {
      decayGradient(e, r);
      e.a = average(e.a, e.g * e.g, r.beta2);
      const step = (sqrt(e.b + r.epsilon) / sqrt(e.a + r.epsilon)) * e.g;
      e.b = average(e.b, step * step, r.beta2);
      e.p -= r.stepSize * step;
    },
  },
  lion: {
    states: 1,
    update(e, r) {
      e.p -= r.stepSize * r.weightDecay * e.p;
      e.p -= r.stepSize * sign(average(e.a, e.g, r.beta1));
      e.a = average(e.a, e.g, r.beta2);
    },
  },
  decoupledAmsgrad: {
    states: 3,
    update(e, r) {
      e.p -= r.weightDecay * e.p;
      moveMoments(e, r);
      e.c = max(e.c, e.b);
      e.p -= adamStep(e, r, e.c);
    },
  },
  lamb: {
    states: 3,
    update(e, r) {
      moveMoments(e, r);
      e.c = adamStep(e, r, e.b) + r.weightDecay * e.p;
    },
  },
  average: {
    states: 0,
    update(e, r) {
      e.p = average(e.p, e.g, r.beta1);
    },
  },
};

export interface OptimizerRuleAttributes extends OptimizerRates {
  readonly rule: OptimizerRule;
}

/** Inputs: parameters, gradients, and each state of the rule, as many of each. Changes all but the gradients. */
const optimizerRuleStep = definition<readonly TensorInfo[], OptimizerRuleAttributes>(
  'NablaOptimizerRuleStep',
  (inputs, { rule, ...rates }, backend) => {
    const { states, update } = optimizerRules[rule];
    const [parameters, gradients, ...stateLists] = splitLists(inputs, 2 + states);
    parameters.forEach((parameter, t) => {
      const gradient = backend.floats(gradients[t]);
      const values = Float32Array.from(backend.floats(parameter));
      const kept = stateLists.map((list) => Float32Array.from(backend.floats(list[t])));
      const [first, second, third] = kept;
      for (let i = 0; i < values.length; i++) {
        const [a, b, c] = [first?.[i] ?? 0, second?.[i] ?? 0, third?.[i] ?? 0];
        const element = { p: values[i], g: gradient[i], a, b, c };
        update(element, rates);
        values[i] = element.p;
        if (first !== undefined) first[i] = element.a;
        if (second !== undefined) second[i] = element.b;
        if (third !== undefined) third[i] = element.c;
      }
      backend.replace(parameter, values);
      kept.forEach((array, k) => backend.replace(stateLists[k][t], array));
    });
    return [];
  },
);

export const optimizerRuleDefinitions: readonly KernelConfig[] = [optimizerRuleStep];
