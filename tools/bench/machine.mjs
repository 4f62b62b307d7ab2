// SPDX-License-Identifier: Apache-2.0
// Where and when a run happened, for the reader of its rows, and how large the machine's caches are.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

import { cpuTargets, getCpuTarget } from '@nabla/core';

/** The field `run` of each row: the `date`, the `machine` in a line, and the `versions` of the peers. */
export function describeRun(versions) {
  const [{ model }] = cpus();
  const parts = [
    model.trim(),
    `${availableParallelism()} processors`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${process.platform} ${process.arch}`,
    `Node ${process.versions.node}`,
    cpuTargets().length === 0 ? 'no native kernels' : `kernels for ${getCpuTarget()}`,
  ];
  return { date: new Date().toISOString().slice(0, 10), machine: parts.join(', '), versions };
}

/** Bytes of the largest cache, 0 where the system does not tell. */
export function largestCache() {
  const folder = '/sys/devices/system/cpu/cpu0/cache';
  if (!existsSync(folder)) return 0;
  const caches = readdirSync(folder).filter((name) => name.startsWith('index'));
  return Math.max(0, ...caches.map((name) => parseInt(readFileSync(`${folder}/${name}/size`, 'utf8')) * 1024));
}
