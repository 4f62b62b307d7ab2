// SPDX-License-Identifier: Apache-2.0
// One call of every native kernel that is right and has no byte to spare, worked out by hand from the formulas in
// native/src/kernels: what a test spoils, so that a contract which asks for too little is seen.

import type { KernelCall } from './call.ts';
import { elementCalls, families } from './elements.ts';
import { networkCalls } from './networks.ts';

export { type KernelCall, NO_CHOICE, PLAIN } from './call.ts';

/** The right call of a kernel: its own row, or that of its family, which its arguments tell; undefined: nobody has worked it out. */
export function kernelCall(kernel: string, argumentNames: readonly string[]): KernelCall | undefined {
  const row = [...elementCalls, ...networkCalls].find(([name]) => name.test(kernel));
  return row?.[1] ?? families[argumentNames.join(' ')];
}
