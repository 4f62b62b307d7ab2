// SPDX-License-Identifier: Apache-2.0
// Makes allocations of native memory fail, so that tests can see what a program does that runs out of it.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface FailingAddon {
  failAllocationsAfter(successes?: number): void;
}

const requireModule = createRequire(import.meta.url);

/** The addon that core has loaded: Node loads one file once. */
function loadAddon(): FailingAddon {
  const folder =
    process.env['NABLA_NATIVE_DIR'] ??
    join(dirname(requireModule.resolve('@nabla/native/package.json')), 'build/Release');
  return requireModule(join(folder, 'nabla.node')) as FailingAddon;
}

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
