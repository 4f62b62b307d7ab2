// SPDX-License-Identifier: Apache-2.0
// What RNN, LSTM and GRU have in common: layers above each other, in one direction or both.

import {
  type Generator,
  type RecurrentResult,
  type RecurrentWeights,
  type Tensor,
  checkBoolean,
  checkFloat,
  checkInteger,
  checkNumber,
  checkShape,
  concat,
  gather,
  stack,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Dropout } from '../dropout.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { type RecurrentSizes, initialWeights } from './recurrent-weights.ts';

export interface RecurrentLayerOptions {
  /** Draws the initial values, and while training what dropout drops. */
  generator: Generator;
  /** How many layers lie above each other; default 1. */
  layers?: number;
  /** Whether a second network reads each sequence from its end, and the outputs of both are joined; default false. */
  bidirectional?: boolean;
  /** Whether biases are added; default true. */
  bias?: boolean;
  /** Probability, while training, of dropping an element of what one layer hands to the next; default 0. */
  dropout?: number;
}

/** What a sequence starts from, and where it ends. */
export interface RecurrentInput<State> {
  /** The state before the first step, as an earlier call returned it; default zeros. */
  state?: State | undefined;
  /** How many steps each row has, 1 to time; default all. The steps behind them are padding: not read, and 0 in the output. */
  lengths?: readonly number[] | undefined;
}

/** Tensors that a step hands to the next, by name; `[batch, hidden]` each. */
export type States<Name extends string> = Readonly<Record<Name, Tensor>>;

/** How one layer runs in one direction. */
export interface DirectionOptions<Name extends string> {
  readonly before: States<Name> | undefined;
  readonly reverse: boolean;
  readonly lengths: readonly number[] | undefined;
}

/** What one layer gives in one direction: the output `[batch, time, hidden]`, and the states after the last step. */
export interface DirectionResult<Name extends string> {
  readonly output: Tensor;
  readonly after: States<Name>;
}

/** Besides the generator. */
export const RECURRENT_LAYER_OPTIONS: readonly string[] = ['layers', 'bidirectional', 'bias', 'dropout'];

const BATCH_FIRST = 'A sequence of one example has a batch axis too: expandDims(x, 0).';

/** A stack of recurrent networks whose states are called `Name`. State names are PyTorch's: `weight_ih_l0`, …, `bias_hh_l1_reverse`. */
export abstract class RecurrentLayer<Name extends string> extends Module {
  readonly [name: `weight_${string}`]: Parameter;
  readonly [name: `bias_${string}`]: Parameter;
  readonly hidden: number;
  readonly dropout: Dropout;
  readonly #layers: readonly (readonly string[])[]; // ends of names: of each layer, forward and, if there is one, backward

  constructor(op: string, { gates, inputs, hidden }: RecurrentSizes, options: RecurrentLayerOptions) {
    super();
    checkDrawingOptions(op, options, RECURRENT_LAYER_OPTIONS);
    checkInteger(op, 'inputs', inputs, { minimum: 1 });
    checkInteger(op, 'hidden', hidden, { minimum: 1 });
    const { generator, layers = 1, bidirectional = false, bias = true, dropout = 0 } = options;
    checkInteger(op, 'layers', layers, { minimum: 1 });
    checkBoolean(op, 'bidirectional', bidirectional);
    checkBoolean(op, 'bias', bias);
    checkNumber(op, 'dropout', dropout, { minimum: 0, below: 1 });
    this.hidden = hidden;
    this.dropout = new Dropout(dropout, { generator });
    const directions = bidirectional ? ['', '_reverse'] : [''];
    this.#layers = Array.from({ length: layers }, (_, i) => directions.map((direction) => `_l${i}${direction}`));
    for (const [i, suffixes] of this.#layers.entries()) {
      const sizes = { gates, inputs: i === 0 ? inputs : hidden * directions.length, hidden };
      for (const suffix of suffixes) {
        const weights = Object.entries(initialWeights(sizes, bias, generator));
        Object.assign(this, Object.fromEntries(weights.map(([name, weight]) => [name + suffix, weight] as const)));
      }
    }
  }

  /** Runs one layer in one direction. */
  protected abstract direction(
    x: Tensor,
    weights: RecurrentWeights,
    options: DirectionOptions<Name>,
  ): DirectionResult<Name>;

  /**
   * Runs all layers. The states, before and after, are `[layers * directions, batch, hidden]`, layer by layer.
   *
   * @param x `[batch, time, inputs]`
   */
  protected run(
    x: Tensor,
    names: readonly Name[],
    { state, lengths }: RecurrentInput<States<Name>>,
  ): RecurrentResult<States<Name>> {
    const op = this.constructor.name;
    checkFloat(op, { x });
    checkShape(op, 'x', x, ['batch', 'time', 'inputs'], BATCH_FIRST);
    const before = state && this.#perDirection(names, state, x);
    const after: States<Name>[] = [];
    let output = x;
    for (const [layer, suffixes] of this.#layers.entries()) {
      const input = layer === 0 ? x : this.dropout.forward(output);
      const outputs = suffixes.map((suffix, i) => {
        const options = { before: before?.[after.length], reverse: i === 1, lengths };
        const result = this.direction(input, this.#weights(suffix), options);
        after.push(result.after);
        return result.output;
      });
      output = concat(outputs, -1);
    }
    return { output, state: byName(names, (name) => stack(after.map((states) => states[name]))) };
  }

  /** The weights as they are now: a field may compute its value, as `weightNorm` makes it do. */
  #weights(suffix: string): RecurrentWeights {
    return {
      weight_ih: this[`weight_ih${suffix}`] as Parameter,
      weight_hh: this[`weight_hh${suffix}`] as Parameter,
      bias_ih: this[`bias_ih${suffix}`],
      bias_hh: this[`bias_hh${suffix}`],
    };
  }

  /** The states of each layer and direction. */
  #perDirection(names: readonly Name[], state: States<Name>, x: Tensor): States<Name>[] {
    const op = this.constructor.name;
    const [batch = 0] = x.shape;
    const directions = this.#layers.flat();
    for (const name of names) {
      const argument = `state (${name})`;
      checkFloat(op, { [argument]: state[name] });
      const shape = [directions.length, batch, this.hidden];
      checkShape(op, argument, state[name], shape, 'It is [layers * directions, batch, hidden].');
    }
    return directions.map((_, i) => byName(names, (name) => gather(state[name], i)));
  }
}

function byName<Name extends string>(names: readonly Name[], make: (name: Name) => Tensor): States<Name> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as States<Name>;
}
