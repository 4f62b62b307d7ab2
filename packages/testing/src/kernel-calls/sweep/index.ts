// SPDX-License-Identifier: Apache-2.0
// How every native kernel is tried against its definition; a new kernel that is of no family needs a row here.

import { elementSweeps, sweepFamilies } from './elements.ts';
import { listSweeps } from './lists.ts';
import { networkSweeps } from './networks.ts';
import { sequenceSweeps } from './sequences.ts';
import type { KernelSweep, SweepRows } from './sweep.ts';
import { windowSweeps } from './windows.ts';

export { Draw, type RunTensor, type ValueKind } from './draw.ts';
export { type KernelRun, type KernelSweep, SWEEP_SIZES } from './sweep.ts';

const rows: SweepRows = [...elementSweeps, ...networkSweeps, ...windowSweeps, ...sequenceSweeps, ...listSweeps];

/** How a kernel is tried: by its own row, or that of its family, which its arguments tell; undefined: nobody has said. */
export function kernelSweep(kernel: string, argumentNames: readonly string[]): KernelSweep | undefined {
  const row = rows.find(([name]) => name.test(kernel));
  return (row?.[1] ?? sweepFamilies[argumentNames.join(' ')])?.(kernel);
}
