// SPDX-License-Identifier: Apache-2.0
// Connectionist temporal classification in TypeScript; see native/src/kernels/ctc_loss.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { dataError } from '../data-error.ts';
import type { JsBackend } from '../js-backend.ts';
import { definition } from '../kernel.ts';

const { exp, log, max } = Math;

export interface CtcLossInputs {
  readonly logProbabilities: TensorInfo; // [batch, time, classes]
  readonly targets: TensorInfo; // [batch, length], int32
  readonly inputLengths: TensorInfo; // [batch], int32
  readonly targetLengths: TensorInfo; // [batch], int32
}
export interface CtcLossGradInputs extends CtcLossInputs {
  readonly gradOut: TensorInfo; // [batch]
  readonly alpha: TensorInfo; // [batch, time, 2 length + 1]
}
export interface CtcLossAttributes {
  readonly blank: number;
  readonly zeroInfinity: boolean;
}

/** One example: its log-probabilities by step and state, and which states follow each other. */
interface Example {
  readonly steps: number;
  readonly states: number;
  /** Class of a state: a blank between any two labels, before the first and behind the last. */
  classOf(state: number): number;
  /** Position of a step's log-probability of a state's class. */
  at(step: number, state: number): number;
  /** Whether a path may go from state - 2 to this one: over a blank, between different labels. */
  skips(state: number): boolean;
}

/** @throws {ArgumentError} a length or a label is out of range (code `DATA`) */
function readExamples(inputs: CtcLossInputs, blank: number, backend: JsBackend): Example[] {
  const [batch, time, classes, length] = sizesOf(inputs);
  const targets = backend.values(inputs.targets);
  const inputLengths = backend.values(inputs.inputLengths);
  const targetLengths = backend.values(inputs.targetLengths);
  const check = (argument: string, value: number, maximum: number, row: number): void => {
    if (value >= 0 && value <= maximum) return;
    throw dataError('ctcLoss', argument, `from 0 to ${maximum}`, `${value} in row ${row}`);
  };
  for (let row = 0; row < batch; row++) {
    check('inputLengths', inputLengths[row], time, row);
    check('targetLengths', targetLengths[row], length, row);
    for (let i = 0; i < targetLengths[row]; i++) check('targets', targets[row * length + i], classes - 1, row);
  }
  return Array.from({ length: batch }, (_, row) => {
    const classOf = (state: number): number => (state % 2 === 0 ? blank : targets[row * length + (state - 1) / 2]);
    return {
      steps: inputLengths[row],
      states: 2 * targetLengths[row] + 1,
      classOf,
      at: (step, state) => (row * time + step) * classes + classOf(state),
      skips: (state) => state % 2 === 1 && state > 1 && classOf(state) !== classOf(state - 2),
    };
  });
}

/** log(eᵃ + eᵇ + eᶜ), with NaN if one is. */
function logAdd(a: number, b: number, c: number): number {
  const most = max(a, b, c);
  return most === -Infinity ? most : most + log(exp(a - most) + exp(b - most) + exp(c - most));
}

/** log P(targets): a path ends in the last label or the blank behind it. Without steps, only no labels are possible. */
function totalOf({ steps, states }: Example, alpha: Float32Array, start: number, stride: number): number {
  if (steps === 0) return states === 1 ? 0 : -Infinity;
  const last = start + (steps - 1) * stride + states - 1;
  return logAdd(alpha[last], states > 1 ? alpha[last - 1] : -Infinity, -Infinity);
}

function sizesOf({ logProbabilities, targets }: CtcLossInputs): number[] {
  return [...logProbabilities.shape, targets.shape[1]];
}

/** → [losses `[batch]`, alpha `[batch, time, 2 length + 1]`] */
const ctcLoss = definition<CtcLossInputs, CtcLossAttributes>(
  'NablaCtcLoss',
  (inputs, { blank, zeroInfinity }, backend) => {
    const [batch, time, , length] = sizesOf(inputs);
    const logs = backend.floats(inputs.logProbabilities);
    const examples = readExamples(inputs, blank, backend);
    const stride = 2 * length + 1;
    const alpha = new Float32Array(batch * time * stride).fill(-Infinity);
    const losses = new Float32Array(batch);
    examples.forEach((example, row) => {
      const start = row * time * stride;
      for (let step = 0; step < example.steps; step++) {
        const own = start + step * stride;
        const before = (state: number): number => (state < 0 ? -Infinity : alpha[own - stride + state]);
        for (let state = 0; state < example.states; state++) {
          const reached =
            step === 0
              ? state < 2
                ? 0
                : -Infinity
              : logAdd(before(state), before(state - 1), example.skips(state) ? before(state - 2) : -Infinity);
          alpha[own + state] = reached + logs[example.at(step, state)];
        }
      }
      const loss = -totalOf(example, alpha, start, stride);
      losses[row] = zeroInfinity && loss === Infinity ? 0 : loss;
    });
    return [backend.make([batch], 'float32', losses), backend.make([batch, time, stride], 'float32', alpha)];
  },
);

/** → gradLogProbabilities `[batch, time, classes]` */
const ctcLossGrad = definition<CtcLossGradInputs, CtcLossAttributes>(
  'NablaCtcLossGrad',
  (inputs, { blank, zeroInfinity }, backend) => {
    const [, time, , length] = sizesOf(inputs);
    const logs = backend.floats(inputs.logProbabilities);
    const [gradOut, alpha] = [backend.floats(inputs.gradOut), backend.floats(inputs.alpha)];
    const examples = readExamples(inputs, blank, backend);
    const stride = 2 * length + 1;
    const grad = new Float32Array(logs.length);
    examples.forEach((example, row) => {
      const { steps, states } = example;
      const total = totalOf(example, alpha, row * time * stride, stride);
      if (zeroInfinity && total === -Infinity) return;
      // From each state of a step, the probability of everything behind it.
      let beta = new Float32Array(states).fill(-Infinity);
      for (let step = steps - 1; step >= 0; step--) {
        const behind = beta;
        beta = new Float32Array(states).fill(-Infinity);
        for (let state = 0; state < states; state++) {
          const next = (to: number): number => (to < states ? behind[to] + logs[example.at(step + 1, to)] : -Infinity);
          beta[state] =
            step === steps - 1
              ? state >= states - 2
                ? 0
                : -Infinity
              : logAdd(
                  next(state),
                  next(state + 1),
                  state + 2 < states && example.skips(state + 2) ? next(state + 2) : -Infinity,
                );
          const passed = exp(alpha[(row * time + step) * stride + state] + beta[state] - total);
          grad[example.at(step, state)] -= passed * gradOut[row];
        }
      }
    });
    return backend.make(inputs.logProbabilities.shape, 'float32', grad);
  },
);

export const ctcLossDefinitions: readonly KernelConfig[] = [ctcLoss, ctcLossGrad];
