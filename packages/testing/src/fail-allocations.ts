// SPDX-License-Identifier: Apache-2.0
// Makes allocations of native memory fail, so that tests can see what a program does that runs out of it.

import { loadAddon } from './load-addon.ts';

/**
 * Runs `f` with every allocation failing after `successes` more, of buffers and of the working memory of kernels alike.
 *
 * @returns the error that `f` threw, undefined where it had come to its end before
 */
export function failAllocations(successes: number, f: () => void): unknown {
  const addon = loadAddon();
  addon.failAllocationsAfter(successes);
  try {
    f();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    addon.failAllocationsAfter();
  }
}
