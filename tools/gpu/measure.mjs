// SPDX-License-Identifier: Apache-2.0
// How long a computation takes on a GPU.

const ROUNDS = 5;

/**
 * Milliseconds of one `run`, which returns a tensor: the median of rounds of about 100 ms, each of which waits for its last result, after
 * `warmUp` runs.
 */
export function time(run, warmUp = 3) {
  const finish = (result) => (result.dataSync(), result.dispose());
  const round = (count) => {
    const start = performance.now();
    for (let i = 1; i < count; i++) run().dispose();
    finish(run());
    return (performance.now() - start) / count;
  };
  round(warmUp);
  const count = Math.max(1, Math.min(200, Math.round(100 / round(2))));
  const rounds = Array.from({ length: ROUNDS }, () => round(count)).sort((a, b) => a - b);
  return rounds[Math.floor(ROUNDS / 2)];
}
