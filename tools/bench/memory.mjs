// SPDX-License-Identifier: Apache-2.0
// The most memory that a training step takes, ours beside PyTorch's, each in a process of its own. Linux.
// Usage: node tools/bench/memory.mjs [--only PATTERN] [--threads N]

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { recurrentCases, stepCases } from './cases/step.mjs';
import { torchCommand } from './peers/index.mjs';

/** Steps after the three whose losses are compared. */
const STEPS = 3;
const MEGABYTE = 2 ** 20;

/** Runs one case in this process: bytes that are resident at most, before the case and with it, and the most of the tensors. */
async function measureOurs(benchmark, threads) {
  const { nativeMemory } = await import('@nabla/core');
  const { Ours } = await import('./ours.mjs');
  const resident = () => process.resourceUsage().maxRSS * 1024;
  const before = resident();
  const ours = new Ours(benchmark, threads);
  ours.time(STEPS);
  return { before, resident: resident(), tensors: nativeMemory().peak };
}

function spawnOurs(name, threads) {
  const words = [fileURLToPath(import.meta.url), '--measure', name, '--threads', String(threads)];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The same of PyTorch, with the allocator as a user has it; undefined where there is none. */
function spawnTorch({ spec }, threads) {
  const requests = [
    { do: 'memory' },
    { do: 'prepare', threads, ...spec },
    { do: 'time', count: STEPS },
    { do: 'memory' },
  ];
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join('');
  const [program, ...words] = torchCommand;
  const { stdout, status } = spawnSync(program, words, { input, encoding: 'utf8' });
  if (status !== 0) return undefined;
  const answers = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line)); // the first is its version
  return { before: answers[0].resident, resident: answers[3].resident };
}

/** Bytes as megabytes of the report. */
function inMegabytes(bytes) {
  return bytes === undefined ? '–' : (bytes / MEGABYTE).toFixed(0);
}

function report(cases, threads) {
  console.log(
    'MB resident at most: the process, and what the case added to it | ours | PyTorch | ours: tensors at most',
  );
  for (const benchmark of cases) {
    const ours = spawnOurs(benchmark.name, threads);
    const torch = spawnTorch(benchmark, threads);
    const pair = (of) =>
      of === undefined ? '–' : `${inMegabytes(of.resident)} (+${inMegabytes(of.resident - of.before)})`;
    console.log([benchmark.name, pair(ours), pair(torch), inMegabytes(ours.tensors)].join(' | '));
  }
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    measure: { type: 'string' },
  },
});
const cases = [...stepCases, ...recurrentCases];
const threads = Number(values.threads);
if (values.measure === undefined) {
  const pattern = new RegExp(values.only);
  report(
    cases.filter(({ name }) => pattern.test(name)),
    threads,
  );
} else {
  const benchmark = cases.find(({ name }) => name === values.measure);
  console.log(JSON.stringify(await measureOurs(benchmark, threads)));
}
