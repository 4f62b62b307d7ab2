// SPDX-License-Identifier: Apache-2.0
// The rotation of the tokens of a pass, each by its own position.

import { type Tensor, add, checkDtype, checkShape, mul, reshape, reverse, tensor4d } from '@nabla/core';

import { type Rope, ropeFrequencies } from './rope.ts';

/** What the queries and keys of a pass are turned by. */
export interface Rotation {
  readonly cosines: Tensor; // [batch or 1, 1, time, headSize]: of the angle of each feature, twice the same half
  readonly sines: Tensor; // the same; negative in the first half
}

/**
 * Turns each pair (feature i, feature i + headSize / 2) by the angle of its token:
 * `(a, b) → (a · cos - b · sin, b · cos + a · sin)`, which is `x · cosines + swapped · sines`, where halves are swapped. It
 * is the rotation of `RotaryEmbedding` with pairs of halves; see there for the source.
 *
 * @param x  `[batch, heads, time, headSize]`
 * @returns  of the same shape
 */
export function rotate(x: Tensor, { cosines, sines }: Rotation): Tensor {
  const headSize = x.shape.at(-1) ?? 0;
  const halves = reshape(x, [...x.shape.slice(0, -1), 2, headSize / 2]);
  const swapped = reshape(reverse(halves, -2), x.shape);
  return add(mul(x, cosines), mul(swapped, sines));
}

/**
 * Cosines and sines of `position · frequency`, computed for the positions that are there: no table of all that a configuration
 * allows.
 *
 * @param past       time steps before those of the pass
 * @param time       time steps of the pass
 * @param positions  int32 `[batch or 1, time]`; default `past`, `past + 1` …
 */
export function rotationOf(rope: Rope, past: number, time: number, positions?: Tensor): Rotation {
  const { values, rows } = positionsOf(past, time, positions);
  const { radians, scale } = ropeFrequencies(rope, values.reduce((a, b) => Math.max(a, b), 0) + 1);
  const pairs = radians.length;
  const size = 2 * pairs;
  const cosines = new Float32Array(values.length * size);
  const sines = new Float32Array(values.length * size);
  const first = new Map<number, number>(); // where a position stands for the first time
  values.forEach((position, i) => {
    const before = first.get(position);
    if (before !== undefined) {
      for (const table of [cosines, sines]) table.copyWithin(i * size, before * size, (before + 1) * size);
      return;
    }
    first.set(position, i);
    radians.forEach((frequency, pair) => {
      const angle = Math.fround(position * frequency);
      const at = i * size + pair;
      cosines[at] = cosines[at + pairs] = Math.cos(angle) * scale;
      sines[at + pairs] = Math.sin(angle) * scale;
      sines[at] = -Math.sin(angle) * scale;
    });
  });
  const shape: [number, number, number, number] = [rows, 1, time, size];
  return { cosines: tensor4d(cosines, shape), sines: tensor4d(sines, shape) };
}

function positionsOf(past: number, time: number, positions?: Tensor): { values: Int32Array; rows: number } {
  if (positions === undefined) return { values: Int32Array.from({ length: time }, (_, i) => past + i), rows: 1 };
  checkDtype('decoder', 'positions', positions, 'int32');
  checkShape('decoder', 'positions', positions, ['batch', time]);
  return { values: Int32Array.from(positions.dataSync()), rows: positions.shape[0] ?? 1 };
}
