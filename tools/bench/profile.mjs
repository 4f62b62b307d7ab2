// SPDX-License-Identifier: Apache-2.0
// Where the time of a case goes: the part of each of our native kernels, and of the JavaScript around them.

const SECONDS = 0.3;

/**
 * Runs `run` for a while, which calls `kernels` by their names. Returns them by the time they take, `[{ name, calls, share }]` with the calls of one run, and last
 * `JavaScript`: what is left. A kernel's time is that of the thread that calls it, which waits for the others.
 */
export function profile(run, kernels) {
  const own = { ...kernels };
  const spent = new Map();
  for (const [name, kernel] of Object.entries(own)) kernels[name] = timed(kernel, name, spent);
  const start = performance.now();
  let runs = 0;
  let total = 0;
  try {
    for (; runs < 2 || total < SECONDS * 1e3; runs++) {
      run();
      total = performance.now() - start;
    }
  } finally {
    Object.assign(kernels, own);
  }
  const parts = [...spent].map(([name, { calls, time }]) => ({ name, calls: calls / runs, share: time / total }));
  const left = 1 - parts.reduce((sum, { share }) => sum + share, 0);
  return [...parts.sort((a, b) => b.share - a.share), { name: 'JavaScript', share: left }];
}

function timed(kernel, name, spent) {
  return (call) => {
    const start = performance.now();
    kernel(call);
    const time = performance.now() - start;
    const sum = spent.get(name) ?? { calls: 0, time: 0 };
    spent.set(name, { calls: sum.calls + 1, time: sum.time + time });
  };
}
