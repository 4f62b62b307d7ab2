// SPDX-License-Identifier: Apache-2.0
// Recurrent networks over whole sequences in TypeScript; see native/src/kernels/recurrent.h for the formulas.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { JsBackend } from '../js-backend.ts';
import { definition } from '../kernel.ts';
import { matrixView, product } from './multiply.ts';
import { type RecurrentCell, cellFunctions } from './recurrent-cells.ts';

export interface RecurrentInputs {
  readonly x: TensorInfo; // [batch, time, features]
  readonly weightIh: TensorInfo; // [gates * hidden, features]
  readonly weightHh: TensorInfo; // [gates * hidden, hidden]
  readonly biasIh?: TensorInfo | undefined; // [gates * hidden]; both or none
  readonly biasHh?: TensorInfo | undefined;
  readonly hidden: TensorInfo; // [batch, hidden]
  readonly cell?: TensorInfo | undefined; // [batch, hidden], of lstm
}
export interface RecurrentAttributes {
  readonly kind: RecurrentCell;
  readonly reverse: boolean;
  /** Steps of each row, 1 to time; empty: all of them. */
  readonly lengths: readonly number[];
}
export interface RecurrentGradInputs {
  readonly gradOut: TensorInfo; // [batch, time + states, hidden]
  readonly x: TensorInfo; // [batch, time, features]
  readonly weightIh: TensorInfo; // [gates * hidden, features]
  readonly weightHh: TensorInfo; // [gates * hidden, hidden]
  readonly gates: TensorInfo; // [time, batch, saved * hidden]
  readonly states: TensorInfo; // [time + 1, batch, hidden]
  readonly cells?: TensorInfo | undefined; // [time + 1, batch, hidden], of lstm
}

/** Sizes of a call. */
export interface RecurrentSizes {
  readonly batch: number;
  readonly time: number;
  readonly features: number;
  readonly hidden: number;
  /** Blocks of `hidden` rows of a weight. */
  readonly gates: number;
  /** Blocks of `hidden` numbers that are kept of a step. */
  readonly saved: number;
  /** Tensors that a step hands to the next. */
  readonly states: number;
}

const BLOCKS = {
  tanh: { gates: 1, saved: 1, states: 1 },
  relu: { gates: 1, saved: 1, states: 1 },
  lstm: { gates: 4, saved: 4, states: 2 },
  gru: { gates: 3, saved: 4, states: 1 }, // the fourth: what the reset gate multiplies
} as const;

/** How many blocks of a kind of cell there are. */
export function recurrentBlocks(kind: RecurrentCell): (typeof BLOCKS)[RecurrentCell] {
  return BLOCKS[kind];
}

/** The sizes of a call, forward or backward. */
export function recurrentSizes(
  { x, weightHh }: Pick<RecurrentInputs, 'x' | 'weightHh'>,
  kind: RecurrentCell,
): RecurrentSizes {
  const [batch, time, features] = x.shape;
  return { batch, time, features, hidden: weightHh.shape[1], ...BLOCKS[kind] };
}

/** Where the steps of each row are in time. */
class Steps {
  readonly #time: number;
  readonly #reverse: boolean;
  readonly #lengths: readonly number[];

  constructor(time: number, { reverse, lengths }: RecurrentAttributes) {
    this.#time = time;
    this.#reverse = reverse;
    this.#lengths = lengths;
  }

  /** Whether the row has this step. */
  has(row: number, step: number): boolean {
    return step < (this.#lengths[row] ?? this.#time);
  }

  /** Where the step is in time. A step that the row does not have is where it would be in padding. */
  position(row: number, step: number): number {
    return this.#reverse && this.has(row, step) ? (this.#lengths[row] ?? this.#time) - 1 - step : step;
  }
}

/** Rows in the order of steps, `[time, batch, features]`; zeros where a row has no such step. */
function inSteps(values: Float32Array, steps: Steps, { batch, time, features }: RecurrentSizes): Float32Array {
  const out = new Float32Array(values.length);
  for (let step = 0; step < time; step++) {
    for (let row = 0; row < batch; row++) {
      if (!steps.has(row, step)) continue;
      const from = (row * time + steps.position(row, step)) * features;
      out.set(values.subarray(from, from + features), (step * batch + row) * features);
    }
  }
  return out;
}

/** `a [rows, inner] · bᵀ`, b being `[columns, inner]`. */
function timesTransposed(a: Float32Array, b: Float32Array, rows: number, columns: number, inner: number): Float32Array {
  return product(matrixView(a, 0, inner, false), matrixView(b, 0, inner, true), { m: rows, n: columns, k: inner });
}

/** `a [rows, inner] · b [inner, columns]`. */
function times(a: Float32Array, b: Float32Array, rows: number, columns: number, inner: number): Float32Array {
  return product(matrixView(a, 0, inner, false), matrixView(b, 0, columns, false), { m: rows, n: columns, k: inner });
}

/** `aᵀ · b`, a being `[inner, rows]` and b `[inner, columns]`. */
function transposedTimes(a: Float32Array, b: Float32Array, rows: number, columns: number, inner: number): Float32Array {
  return product(matrixView(a, 0, rows, true), matrixView(b, 0, columns, false), { m: rows, n: columns, k: inner });
}

function floatsOf(tensor: TensorInfo | undefined, size: number, backend: JsBackend): Float32Array {
  return tensor == null ? new Float32Array(size) : backend.floats(tensor);
}

/**
 * → [out `[batch, time + states, hidden]`: the outputs in time, then each final state; gates `[time, batch, saved * hidden]`;
 * states `[time + 1, batch, hidden]`; of lstm also cells, of that shape]
 */
const recurrent = definition<RecurrentInputs, RecurrentAttributes>(
  'NablaRecurrent',
  ({ x, weightIh, weightHh, biasIh, biasHh, hidden: initial, cell }, attributes, backend) => {
    const sizes = recurrentSizes({ x, weightHh }, attributes.kind);
    const { batch, time, features, hidden } = sizes;
    const width = sizes.gates * hidden;
    const size = batch * hidden;
    const steps = new Steps(time, attributes);
    const { forward } = cellFunctions[attributes.kind];
    const [inputBias, hiddenBias] = [biasIh, biasHh].map((bias) => floatsOf(bias, width, backend));
    const weight = backend.floats(weightHh);
    const inputs = inSteps(backend.floats(x), steps, sizes);
    const fromInput = timesTransposed(inputs, backend.floats(weightIh), time * batch, width, features);

    const gates = new Float32Array(time * batch * sizes.saved * hidden);
    const states = new Float32Array((time + 1) * size);
    const cells = new Float32Array(sizes.states === 2 ? (time + 1) * size : 0);
    states.set(backend.floats(initial));
    cells.set(floatsOf(cell, 0, backend));
    const out = new Float32Array(batch * (time + sizes.states) * hidden);
    for (let step = 0; step < time; step++) {
      const before = states.subarray(step * size, (step + 1) * size);
      const fromState = timesTransposed(before, weight, batch, width, hidden);
      for (let row = 0; row < batch; row++) {
        const at = step * size + row * hidden;
        states.copyWithin(at + size, at, at + hidden);
        cells.copyWithin(at + size, at, at + hidden);
        if (!steps.has(row, step)) continue;
        const from = (step * batch + row) * width;
        const given = fromInput.subarray(from, from + width).map((value, i) => value + inputBias[i]);
        const recalled = fromState.subarray(row * width, (row + 1) * width).map((value, i) => value + hiddenBias[i]);
        const kept = gates.subarray((step * batch + row) * sizes.saved * hidden);
        const [state, memory] = [states, cells].map((values) => values.subarray(at + size, at + size + hidden));
        forward(given, recalled, kept, state, memory);
        out.set(state, (row * (time + sizes.states) + steps.position(row, step)) * hidden);
      }
    }
    for (let row = 0; row < batch; row++) {
      const last = time * size + row * hidden;
      [states, cells].slice(0, sizes.states).forEach((values, i) => {
        out.set(values.subarray(last, last + hidden), (row * (time + sizes.states) + time + i) * hidden);
      });
    }
    return [
      backend.make([batch, time + sizes.states, hidden], 'float32', out),
      backend.make([time, batch, sizes.saved * hidden], 'float32', gates),
      backend.make([time + 1, batch, hidden], 'float32', states),
      ...(sizes.states === 2 ? [backend.make([time + 1, batch, hidden], 'float32', cells)] : []),
    ];
  },
);

/** → the gradients of x, weightIh, weightHh, biasIh, biasHh and hidden, and of lstm also of cell */
const recurrentGrad = definition<RecurrentGradInputs, RecurrentAttributes>(
  'NablaRecurrentGrad',
  ({ gradOut, x, weightIh, weightHh, gates, states, cells }, attributes, backend) => {
    const sizes = recurrentSizes({ x, weightHh }, attributes.kind);
    const { batch, time, features, hidden } = sizes;
    const width = sizes.gates * hidden;
    const size = batch * hidden;
    const steps = new Steps(time, attributes);
    const { backward } = cellFunctions[attributes.kind];
    const [grad, kept, state] = [backend.floats(gradOut), backend.floats(gates), backend.floats(states)];
    const memory = floatsOf(cells, 0, backend);
    const weight = backend.floats(weightHh);

    // Gradients of what a gate adds up: what comes from the input, and what comes from the state.
    const given = new Float32Array(time * batch * width);
    const recalled = new Float32Array(time * batch * width);
    const finalGradient = (i: number): Float32Array => {
      const from = (row: number): number => (row * (time + sizes.states) + time + i) * hidden;
      return Float32Array.from({ length: size }, (_, j) => grad[from(Math.floor(j / hidden)) + (j % hidden)]);
    };
    let gradState = finalGradient(0);
    const gradMemory = sizes.states === 2 ? finalGradient(1) : new Float32Array(0);
    for (let step = time - 1; step >= 0; step--) {
      for (let row = 0; row < batch; row++) {
        if (!steps.has(row, step)) continue;
        const from = (row * (time + sizes.states) + steps.position(row, step)) * hidden;
        for (let j = 0; j < hidden; j++) gradState[row * hidden + j] += grad[from + j];
        const at = step * size + row * hidden;
        const gate = (step * batch + row) * width;
        backward(
          kept.subarray((step * batch + row) * sizes.saved * hidden),
          { before: state.subarray(at, at + hidden), after: state.subarray(at + size, at + size + hidden) },
          { before: memory.subarray(at, at + hidden), after: memory.subarray(at + size, at + size + hidden) },
          gradState.subarray(row * hidden, (row + 1) * hidden),
          gradMemory.subarray(row * hidden, (row + 1) * hidden),
          given.subarray(gate, gate + width),
          recalled.subarray(gate, gate + width),
        );
      }
      const through = times(recalled.subarray(step * batch * width), weight, batch, hidden, width);
      gradState = gradState.map((value, i) => value + through[i]);
    }

    const inputs = inSteps(backend.floats(x), steps, sizes);
    const gradInputs = times(given, backend.floats(weightIh), time * batch, features, width);
    const gradX = new Float32Array(inputs.length);
    for (let step = 0; step < time; step++) {
      for (let row = 0; row < batch; row++) {
        const from = (step * batch + row) * features;
        const to = (row * time + steps.position(row, step)) * features;
        gradX.set(gradInputs.subarray(from, from + features), to);
      }
    }
    const products = time * batch;
    return [
      backend.make(x.shape, 'float32', gradX),
      backend.make(weightIh.shape, 'float32', transposedTimes(given, inputs, width, features, products)),
      backend.make(weightHh.shape, 'float32', transposedTimes(recalled, state, width, hidden, products)),
      backend.make([width], 'float32', sumOfRows(given, width)),
      backend.make([width], 'float32', sumOfRows(recalled, width)),
      backend.make([batch, hidden], 'float32', gradState),
      ...(sizes.states === 2 ? [backend.make([batch, hidden], 'float32', gradMemory)] : []),
    ];
  },
);

function sumOfRows(values: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < values.length; i++) sums[i % width] += values[i];
  return Float32Array.from(sums);
}

export const recurrentDefinitions: readonly KernelConfig[] = [recurrent, recurrentGrad];
