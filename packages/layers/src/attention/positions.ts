// SPDX-License-Identifier: Apache-2.0
// What tells a transformer where a token stands: a vector per position, learned or sinusoidal, added to the token's.

import {
  ArgumentError,
  type Generator,
  type Tensor,
  add,
  checkInteger,
  checkShape,
  keep,
  normal,
  slice,
  tensor2d,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';

/** Adds the first rows of a table `[maximumTime, features]` to x `[batch, time, features]`. */
function addPositions(op: string, x: Tensor, table: Tensor): Tensor {
  const [maximumTime = 0, features = 0] = table.shape;
  checkShape(op, 'x', x, ['...batch', 'time', features]);
  const time = x.shape.at(-2) ?? 0;
  if (time > maximumTime) {
    const hint = 'Shorten the sequence or build the model with a larger maximum.';
    throw new ArgumentError({
      op,
      argument: 'x',
      expected: `at most ${maximumTime} positions`,
      received: String(time),
      hint,
    });
  }
  return add(x, slice(table, [0, 0], [time, features]));
}

/**
 * `y[b, t, :] = x[b, t, :] + weight[t, :]`, weight learned; it starts normal with deviation 0.02, as in GPT-2.
 *
 * @example
 * const positions = new LearnedPositions(10, 4, { generator: new Generator(1) });
 * positions.forward(zeros([2, 3, 4])).shape; // [2, 3, 4]
 */
export class LearnedPositions extends Module {
  readonly weight: Parameter; // [maximumTime, features]

  constructor(maximumTime: number, features: number, options: { generator: Generator }) {
    super();
    checkDrawingOptions('LearnedPositions', options);
    checkInteger('LearnedPositions', 'maximumTime', maximumTime, { minimum: 1 });
    checkInteger('LearnedPositions', 'features', features, { minimum: 1 });
    this.weight = parameter(normal([maximumTime, features], options.generator, { standardDeviation: 0.02 }));
  }

  /** `[batch, time, features]` → the same shape; time at most `maximumTime`. */
  override forward(x: Tensor): Tensor {
    return addPositions('LearnedPositions', x, this.weight);
  }
}

/**
 * `y[b, t, :] = x[b, t, :] + table[t, :]`, `table[t, 2i] = sin(t / 10000^(2i / features))`, `table[t, 2i + 1] = cos(…)` of the same.
 * Nothing is learned and nothing is saved.
 *
 * @see Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762
 * @example
 * new SinusoidalPositions(10, 2).forward(zeros([1, 2, 2])); // [[[0, 1], [0.841471, 0.540302]]]
 */
export class SinusoidalPositions extends Module {
  readonly table: Tensor; // [maximumTime, features]

  constructor(maximumTime: number, features: number) {
    super();
    checkInteger('SinusoidalPositions', 'maximumTime', maximumTime, { minimum: 1 });
    checkInteger('SinusoidalPositions', 'features', features, { minimum: 1 });
    const values = new Float32Array(maximumTime * features);
    for (let time = 0; time < maximumTime; time++) {
      for (let feature = 0; feature < features; feature++) {
        const angle = time / 10000 ** ((feature - (feature % 2)) / features);
        values[time * features + feature] = feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      }
    }
    this.table = keep(tensor2d(values, [maximumTime, features]));
  }

  /** `[batch, time, features]` → the same shape; time at most `maximumTime`. */
  override forward(x: Tensor): Tensor {
    return addPositions('SinusoidalPositions', x, this.table);
  }
}
