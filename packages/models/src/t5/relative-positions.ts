// SPDX-License-Identifier: Apache-2.0
// What T5 knows of positions: how far a key is from a query, in buckets that grow with the distance.

import { type Tensor, tensor2d } from '@nabla/core';

/** How distances are put into buckets. */
export interface RelativeBuckets {
  /** At least 4. */
  readonly buckets: number;
  /** From this distance on, all are in the last bucket. */
  readonly maximumDistance: number;
  /** Whether keys behind the query have buckets of their own, the second half; else they are as far as the query itself. */
  readonly bidirectional: boolean;
}

/**
 * The bucket of the distance `key - query`. With n buckets for a direction, distances below n / 2 have one each; the others
 * `n / 2 + floor(log(distance / (n / 2)) / log(maximumDistance / (n / 2)) * (n - n / 2))`, at most n - 1, computed in float32 as the
 * original does: on the border of two buckets the rounding decides.
 *
 * @see Raffel et al. 2020, https://arxiv.org/abs/1910.10683
 */
export function relativeBucket(distance: number, { buckets, maximumDistance, bidirectional }: RelativeBuckets): number {
  const count = bidirectional ? Math.floor(buckets / 2) : buckets;
  const first = bidirectional && distance > 0 ? count : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = Math.floor(count / 2);
  if (far < exact) return first + far;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(far / exact))) / fround(log(maximumDistance / exact)));
  return first + Math.min(count - 1, exact + Math.floor(fround(share * (count - exact))));
}

/**
 * The buckets of all keys as `time` queries see them, the first of which is at position `past`.
 *
 * @returns int32 `[time, keyTime]`
 */
export function bucketTable(past: number, time: number, keyTime: number, options: RelativeBuckets): Tensor {
  const nearest = -(past + time - 1); // of the last query to the first key
  const byDistance = Int32Array.from({ length: time + keyTime - 1 }, (_, i) => relativeBucket(nearest + i, options));
  const table = new Int32Array(time * keyTime);
  for (let query = 0; query < time; query++) {
    const begin = time - 1 - query; // where the distances of this query begin
    table.set(byDistance.subarray(begin, begin + keyTime), query * keyTime);
  }
  return tensor2d(table, [time, keyTime], 'int32');
}
