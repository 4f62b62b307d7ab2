// SPDX-License-Identifier: Apache-2.0
// Takes a few steps of a case and prints the peak of its memory in bytes: node --expose-gc peak-of-ours.mjs CASE '{"threads":1}'

import { readFileSync } from 'node:fs';

import { scope, setDevice, setThreads } from '@nabla/core';

import { allCases } from './cases/index.mjs';

/** The second step finds everything that the first one made, for example an optimizer's moments. */
const STEPS = 2;

/** Linux counts it for this program; what getrusage tells includes the program that started it. */
function peak() {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}

const [, , name, words] = process.argv;
const { device, spec, prepare } = allCases.find((one) => one.name === name);
setDevice(device);
setThreads(JSON.parse(words).threads);
const { run } = prepare(spec);
globalThis.gc(); // the numbers that the parameters were made of
for (let step = 0; step < STEPS; step++) scope(() => void run());
console.log(JSON.stringify({ peak: peak() }));
