// SPDX-License-Identifier: Apache-2.0
// The angles of the tokens of a pass, each by its own position.

import { type Tensor, checkDtype, checkShape, tensor4d } from '@nabla/core';

import { type Rope, ropeFrequencies } from './rope.ts';

/** What the queries and keys of a pass are turned by. */
export interface Rotation {
  readonly cosines: Tensor; // [batch or 1, 1, time, headSize / 2]
  readonly sines: Tensor; // the same
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
  const cosines = new Float32Array(values.length * pairs);
  const sines = new Float32Array(values.length * pairs);
  const first = new Map<number, number>(); // where a position stands for the first time
  values.forEach((position, i) => {
    const before = first.get(position);
    if (before !== undefined) {
      for (const table of [cosines, sines]) table.copyWithin(i * pairs, before * pairs, (before + 1) * pairs);
      return;
    }
    first.set(position, i);
    radians.forEach((frequency, pair) => {
      const angle = Math.fround(position * frequency);
      cosines[i * pairs + pair] = Math.cos(angle) * scale;
      sines[i * pairs + pair] = Math.sin(angle) * scale;
    });
  });
  const shape: [number, number, number, number] = [rows, 1, time, pairs];
  return { cosines: tensor4d(cosines, shape), sines: tensor4d(sines, shape) };
}

function positionsOf(past: number, time: number, positions?: Tensor): { values: Int32Array; rows: number } {
  if (positions === undefined) return { values: Int32Array.from({ length: time }, (_, i) => past + i), rows: 1 };
  checkDtype('decoder', 'positions', positions, 'int32');
  checkShape('decoder', 'positions', positions, ['batch', time]);
  return { values: Int32Array.from(positions.dataSync()), rows: positions.shape[0] ?? 1 };
}
