// SPDX-License-Identifier: Apache-2.0
// How much memory a training step takes at its peak: each side in a process of its own, from start to end.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { python } from './peers/index.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

const PROGRAMS = {
  ours: [process.execPath, '--expose-gc', here('peak-of-ours.mjs')],
  torch: [python, here('peers/torch_peak.py')],
};

/** Resident MiB at the peak of a few steps. */
async function peakOf([program, ...words], { name, spec }, threads) {
  const { stdout } = await promisify(execFile)(program, [...words, name, JSON.stringify({ ...spec, threads })]);
  return JSON.parse(stdout).peak / 2 ** 20;
}

/** The field `memory` of a row: MiB of ours and of those peers that are here and measure it. */
export async function peakMemory(benchmark, threads, peers) {
  const ours = await peakOf(PROGRAMS.ours, benchmark, threads);
  if (!peers.includes('torch')) return { ours, peers: {} };
  return { ours, peers: { torch: await peakOf(PROGRAMS.torch, benchmark, threads) } };
}
