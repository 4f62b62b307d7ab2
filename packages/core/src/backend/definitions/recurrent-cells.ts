// SPDX-License-Identifier: Apache-2.0
// One step of each kind of recurrent cell, forward and backward, for one row; the formulas are in
// native/src/kernels/recurrent.h.

import { activationFunctions } from './activation.ts';

/** The order is that of `enum RecurrentCell` in native/src/kernels/recurrent.h. */
export const RECURRENT_CELLS = ['tanh', 'relu', 'lstm', 'gru'] as const;

/** What one step computes. */
export type RecurrentCell = (typeof RECURRENT_CELLS)[number];

const { value: sigmoid } = activationFunctions.sigmoid;
const { tanh } = Math;

/** A state before and after a step, `[hidden]` each. */
interface Change {
  readonly before: Float32Array;
  readonly after: Float32Array;
}

interface CellFunctions {
  /**
   * From what the input and the state give each gate, `[gates * hidden]`, to the next state. `state` and `memory` hold those
   * before the step and receive those after it; `kept` receives what the backward pass needs, `[saved * hidden]`.
   */
  readonly forward: (
    given: Float32Array,
    recalled: Float32Array,
    kept: Float32Array,
    state: Float32Array,
    memory: Float32Array,
  ) => void;
  /**
   * From the gradients by the state and the memory after the step to those by `given` and `recalled`. `gradState` receives
   * what goes straight to the state before, `gradMemory` the gradient by the memory before.
   */
  readonly backward: (
    kept: Float32Array,
    state: Change,
    memory: Change,
    gradState: Float32Array,
    gradMemory: Float32Array,
    given: Float32Array,
    recalled: Float32Array,
  ) => void;
}

/** `state = activation(given + recalled)` */
function plainCell(activation: 'tanh' | 'relu'): CellFunctions {
  const { value, derivative } = activationFunctions[activation];
  return {
    forward: (given, recalled, kept, state) => {
      for (let j = 0; j < state.length; j++) kept[j] = state[j] = value(given[j] + recalled[j]);
    },
    backward: (_, { after }, _memory, gradState, _gradMemory, given, recalled) => {
      for (let j = 0; j < after.length; j++) {
        given[j] = recalled[j] = gradState[j] * derivative(after[j]);
        gradState[j] = 0;
      }
    },
  };
}

const lstm: CellFunctions = {
  forward: (given, recalled, kept, state, memory) => {
    const size = state.length;
    for (let j = 0; j < size; j++) {
      const [i, f, g, o] = [j, size + j, 2 * size + j, 3 * size + j];
      kept[i] = sigmoid(given[i] + recalled[i]);
      kept[f] = sigmoid(given[f] + recalled[f]);
      kept[g] = tanh(given[g] + recalled[g]);
      kept[o] = sigmoid(given[o] + recalled[o]);
      memory[j] = kept[f] * memory[j] + kept[i] * kept[g];
      state[j] = kept[o] * tanh(memory[j]);
    }
  },
  backward: (kept, state, { before, after }, gradState, gradMemory, given, recalled) => {
    const size = state.after.length;
    for (let j = 0; j < size; j++) {
      const [i, f, g, o] = [kept[j], kept[size + j], kept[2 * size + j], kept[3 * size + j]];
      const seen = tanh(after[j]);
      const gradAfter = gradMemory[j] + gradState[j] * o * (1 - seen * seen);
      given[j] = gradAfter * g * i * (1 - i);
      given[size + j] = gradAfter * before[j] * f * (1 - f);
      given[2 * size + j] = gradAfter * i * (1 - g * g);
      given[3 * size + j] = gradState[j] * seen * o * (1 - o);
      gradMemory[j] = gradAfter * f;
      gradState[j] = 0;
    }
    recalled.set(given);
  },
};

const gru: CellFunctions = {
  forward: (given, recalled, kept, state) => {
    const size = state.length;
    for (let j = 0; j < size; j++) {
      const [r, z, n, q] = [j, size + j, 2 * size + j, 3 * size + j];
      kept[r] = sigmoid(given[r] + recalled[r]);
      kept[z] = sigmoid(given[z] + recalled[z]);
      kept[q] = recalled[n];
      kept[n] = tanh(given[n] + kept[r] * kept[q]);
      state[j] = (1 - kept[z]) * kept[n] + kept[z] * state[j];
    }
  },
  backward: (kept, { before }, _, gradState, _gradMemory, given, recalled) => {
    const size = before.length;
    for (let j = 0; j < size; j++) {
      const [r, z, n, q] = [kept[j], kept[size + j], kept[2 * size + j], kept[3 * size + j]];
      const gradNew = gradState[j] * (1 - z) * (1 - n * n);
      given[j] = recalled[j] = gradNew * q * r * (1 - r);
      given[size + j] = recalled[size + j] = gradState[j] * (before[j] - n) * z * (1 - z);
      given[2 * size + j] = gradNew;
      recalled[2 * size + j] = gradNew * r;
      gradState[j] *= z;
    }
  },
};

export const cellFunctions: Readonly<Record<RecurrentCell, CellFunctions>> = {
  tanh: plainCell('tanh'),
  relu: plainCell('relu'),
  lstm,
  gru,
};
