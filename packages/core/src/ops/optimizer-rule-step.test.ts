// SPDX-License-Identifier: Apache-2.0
// Tests of optimizerRuleStep on every device, against the table of rules; PyTorch's steps are in the suite of all optimizers.

import { assertClose, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { optimizerRules } from '../backend/definitions/optimizer-rule.ts';
import { getThreads, setThreads } from '../device.ts';
import { type Tensor, abs, clone, fill, tensor, tensor1d, zeros } from '../tf.ts';
import { type OptimizerRates, type OptimizerRule, optimizerRuleStep } from './optimizer-rule-step.ts';

const SHAPES = [[], [1], [7], [3, 5], [16], [17], [0], [31], [33], [100], [5000]];
const RATES: OptimizerRates = {
  weightDecay: 0.1,
  beta1: 0.8,
  beta2: 0.9,
  momentum: 0.7,
  stepSize: 0.05,
  gradientSize: 0.02,
  scale: 1.5,
  epsilon: 1e-3,
};
const RULES = Object.keys(optimizerRules) as OptimizerRule[];

const draw = (seed: number): Tensor[] => SHAPES.map((shape, i) => randomTensor(shape, { seed: seed + i }));

/** States as a run would have them: sums and means of squares are positive, and not below the mean squared. */
function drawStates(rule: OptimizerRule): Tensor[][] {
  const lists = [30, 60, 90].map((seed) => draw(seed).map((x) => abs(x)));
  const [first, second, third] = lists;
  if (rule === 'centeredRmsprop') lists[1] = second.map((x, i) => tensor(squaresAbove(x, third[i]), x.shape));
  if (rule === 'lion') return [first];
  return lists.slice(0, optimizerRules[rule].states);
}

const squaresAbove = (x: Tensor, mean: Tensor): number[] => {
  const means = mean.dataSync();
  return Array.from(x.dataSync(), (value, i) => value + 2 * means[i] ** 2 + 0.1);
};

/** The rule at every element of one tensor. → [parameter, ...states] */
function stepOf(rule: OptimizerRule, lists: readonly Tensor[], rates: OptimizerRates): number[][] {
  const [parameter, gradient, ...states] = lists.map((x) => Array.from(x.dataSync()));
  const after: number[][] = [parameter, ...states].map(() => []);
  parameter.forEach((p, i) => {
    const [a, b, c] = [states[0]?.[i] ?? 0, states[1]?.[i] ?? 0, states[2]?.[i] ?? 0];
    const element = { p, g: gradient[i], a, b, c };
    optimizerRules[rule].update(element, rates);
    [element.p, element.a, element.b, element.c].slice(0, after.length).forEach((value, k) => after[k].push(value));
  });
  return after;
}

describe.each(devices())('optimizerRuleStep on %s', (device) => {
  useDevice(device);

  it.each([...RULES.map((rule) => [rule, RATES] as const), ['radam', { ...RATES, scale: 0 }] as const])(
    'equals the rule %s at every element (%j)',
    (rule, rates) => {
      const [parameters, gradients, states] = [draw(1), draw(15), drawStates(rule)];
      const lists = SHAPES.map((_, t) => [parameters[t], gradients[t], ...states.map((list) => list[t])]);
      const expected = lists.map((list) => stepOf(rule, list, rates));
      optimizerRuleStep(rule, parameters, gradients, states, rates);
      const gradientsAfter = draw(15);
      lists.forEach(([parameter, gradient, ...own], t) => {
        [parameter, ...own].forEach((x, k) => {
          assertClose(`${k} of tensor ${t}`, x, tensor(expected[t][k], SHAPES[t]), tolerance('transcendental'));
        });
        assertClose(`gradient ${t}`, gradient, gradientsAfter[t], tolerance('exact'));
      });
    },
  );

  it.each(RULES)('carries a NaN of the gradient through the rule %s', (rule) => {
    const parameter = tensor1d([1, 1, 1]);
    const states = drawStates(rule).map(() => [fill([3], 0.5)]);
    optimizerRuleStep(rule, [parameter], [tensor1d([0, NaN, 0])], states, RATES);
    const changed = rule === 'lamb' ? states[2][0] : parameter;
    expect(Array.from(changed.dataSync(), Number.isNaN)).toEqual([false, true, false]);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const run = (count: number): Tensor => {
      setThreads(count);
      const parameter = randomTensor([99991], { seed: 1 });
      const moments = [zeros([99991]), zeros([99991])].map((x) => [x]);
      optimizerRuleStep('adam', [parameter], [randomTensor([99991], { seed: 2 })], moments, RATES);
      return parameter;
    };
    try {
      expect(run(4)).toBeCloseToTensor(run(1), tolerance('exact'));
    } finally {
      setThreads(threads);
    }
  });

  it('splits lists that are longer than one call takes', () => {
    const parameters = Array.from({ length: 5000 }, () => fill([1], 1));
    const gradients = parameters.map(() => fill([1], 3));
    optimizerRuleStep('average', parameters, gradients, [], { beta1: 0.5 });
    expect(new Set(parameters.map((x) => x.dataSync()[0]))).toEqual(new Set([2]));
  });

  it('never changes a snapshot', () => {
    const [parameter, sums] = [tensor1d([1, 2]), fill([2], 1)];
    const copies = [parameter, sums].map((x) => clone(x));
    optimizerRuleStep('adagrad', [parameter], [tensor1d([1, 1])], [[sums]], { stepSize: 1 });
    expect(sums).toBeCloseToTensor([2, 2]);
    expect(copies[0]).toBeCloseToTensor([1, 2], tolerance('exact'));
    expect(copies[1]).toBeCloseToTensor([1, 1], tolerance('exact'));
  });

  it('refuses unknown rules and rates, other numbers of states, and lists that do not match', () => {
    const [p, g, a] = [0, 1, 2].map(() => zeros([2]));
    const step = (rule: string, states: Tensor[][], rates: object = {}, gradients = [g]) => {
      return () => optimizerRuleStep(rule as OptimizerRule, [p], gradients, states, rates);
    };
    expect(step('adma', [[a]])).toThrowCode('ARGUMENT', /rule.*Did you mean "adam"/);
    expect(step('lion', [[a]], { lr: 1 })).toThrowCode('OPTION');
    expect(step('lion', [[a]], { stepSize: NaN })).toThrowCode('ARGUMENT', /stepSize/);
    expect(step('adam', [[a]])).toThrowCode('ARGUMENT', /states to be 2 lists, as the rule adam has, received 1/);
    expect(step('lion', [[a]], {}, [g, g])).toThrowCode('ARGUMENT', /gradients to have 1 tensors/);
    expect(step('lion', [[zeros([3])]])).toThrowCode('SHAPE', /states\[0\]\[0\]/);
    expect(step('lion', [[a]], {}, [zeros([2], 'int32')])).toThrowCode('DTYPE', /gradients\[0\]/);
    expect(step('lion', [[p]])).toThrowCode('ARGUMENT', /states\[0\] to be distinct/);
  });
});
