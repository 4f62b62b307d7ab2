// SPDX-License-Identifier: Apache-2.0
// How the kernels of lists of tensors are tried: optimizer steps, norms and limits.

import { type Tolerance, tolerance } from '../../tolerances.ts';
import { type Draw, FEW, MANY, type RunTensor } from './draw.ts';
import { type KernelSweep, type SweepRows, sweep } from './sweep.ts';

const reduced = (n: number): Tolerance => tolerance('reduce', n);
const transcendental = (): Tolerance => tolerance('transcendental');

const lists = (n: number): number[] => [n, 3, 2 * n];

/** Lists of tensors of equal lengths, each list with the least number that it may hold. */
function tensorLists(n: number, draw: Draw, lows: readonly number[]): RunTensor[] {
  return lows.flatMap((low) => lists(n).map((length) => draw.floats([length], low, 2)));
}

const WRITTEN = 'a step writes its lists, which may be no other ones';

const optimizer = (kernelName: string, lows: readonly number[], variants: readonly object[]) => (): KernelSweep => ({
  kinds: MANY,
  tolerance: transcendental,
  neverAliased: WRITTEN,
  runs: (n, draw) => variants.map((attributes) => ({ kernelName, inputs: tensorLists(n, draw, lows), attributes })),
});

const RULES = {
  ...{ adam: 2, amsgrad: 3, adamax: 2, nadam: 2, radam: 2, rmsprop: 2, centeredRmsprop: 3, adagrad: 1, adadelta: 2 },
  ...{ lion: 1, decoupledAmsgrad: 3, lamb: 3, average: 0 },
};
const RATES = {
  ...{ weightDecay: 0.01, beta1: 0.9, beta2: 0.99, momentum: 0.5, stepSize: 0.1, gradientSize: 0.05, scale: 1.5 },
  epsilon: 1e-3,
};

/** The states that a rule may have: means of squares are not negative. */
function ruleStates(rule: string, n: number, draw: Draw): RunTensor[] {
  if (rule !== 'centeredRmsprop')
    return tensorLists(n, draw, [rule === 'adagrad' || rule === 'adadelta' ? 0 : -1, 0, 0]);
  // A mean of squares that is larger than the square of the mean, by so much that the difference has digits.
  const ranges = [
    [-1, 1],
    [1.5, 2],
    [-1, 1],
  ];
  return ranges.flatMap(([low, high]) => lists(n).map((length) => draw.regular([length], low, high)));
}

const optimizerRule = (): KernelSweep => ({
  kinds: MANY,
  tolerance: transcendental,
  neverAliased: WRITTEN,
  runs: (n, draw) =>
    Object.entries(RULES).map(([rule, states]) => ({
      kernelName: 'NablaOptimizerRuleStep',
      inputs: [...tensorLists(n, draw, [-2, -2]), ...ruleStates(rule, n, draw).slice(0, states * lists(n).length)],
      attributes: { rule, ...RATES },
    })),
});

export const listSweeps: SweepRows = [
  [
    /^adamw_step_f32$/,
    optimizer(
      'NablaAdamWStep',
      [-2, -2, -1, 0],
      [
        {
          ...{ decay: 0.001, firstRate: 0.1, secondDecay: 0.999, secondRate: 0.001, stepSize: 0.1, secondScale: 1.5 },
          epsilon: 1e-3,
        },
      ],
    ),
  ],
  [/^sgd_step_f32$/, optimizer('NablaSgdStep', [-2, -2], [{ learningRate: 0.1, weightDecay: 0.01 }])],
  [
    /^momentum_step_f32$/,
    optimizer(
      'NablaMomentumStep',
      [-2, -2, -2],
      [0, 1, 2, 3].map((flags) => ({
        ...{ learningRate: 0.1, weightDecay: 0.01, momentum: 0.9, gradientRate: 0.75 },
        ...{ nesterov: flags % 2 === 1, first: flags > 1 },
      })),
    ),
  ],
  [/^optimizer_rule_step_f32$/, optimizerRule],
  [
    /^global_norm_f32$/,
    sweep('NablaGlobalNorm', reduced, (n, draw) => [{ inputs: tensorLists(n, draw, [-2]) }, { inputs: [] }]),
  ],
  [
    /^clip_by_global_norm_f32$/,
    sweep(
      'NablaClipByGlobalNorm',
      transcendental,
      (n, draw) =>
        [2, 1e-3].map((maximum) => ({
          inputs: [draw.floats([], 1, 4), ...tensorLists(n, draw, [-2])],
          attributes: { maximum },
        })),
      { neverAliased: WRITTEN },
    ),
  ],
  [
    /^clip_by_value_f32$/,
    sweep(
      'NablaClipByValue',
      () => tolerance('exact'),
      (n, draw) => [{ inputs: tensorLists(n, draw, [-2]), attributes: { maximum: 0.75 } }],
      { kinds: FEW, neverAliased: WRITTEN },
    ),
  ],
];
