// SPDX-License-Identifier: Apache-2.0
// Holds training on cuda against training on cpu: the recipes' own losses, step by step. `node tools/gpu/train.mjs`.

import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nabla = fileURLToPath(new URL('../../packages/cli/bin/nabla.js', import.meta.url));
const RUNS = {
  fnn: '--epochs 5 --set logEvery=1',
  transformer: '--steps 60 --set logEvery=1 --set evaluateEvery=60',
  'transformer with dropout': '--steps 30 --set logEvery=1 --set evaluateEvery=30 --set dropout=0.1',
  rnn: '--steps 20 --set logEvery=1 --set evaluateEvery=20',
};
const folder = mkdtempSync(join(tmpdir(), 'nabla-train-'));

/** What a training says: one object a line. */
function train(name, device) {
  const words = ['train', name.split(' ')[0], ...RUNS[name].split(' '), '--device', device, '--seed', '7', '--json'];
  const start = performance.now();
  const out = join(folder, `${name.replaceAll(' ', '-')}-${device}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [nabla, ...words, '--out', out], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${name} on ${device}: ${stderr.slice(-2000)}${stdout.slice(-500)}`);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { events, seconds: (performance.now() - start) / 1000 };
}

const lossesOf = ({ events }) => events.filter(({ loss }) => typeof loss === 'number').map(({ loss }) => loss);

for (const name of Object.keys(RUNS)) {
  try {
    const [cuda, cpu] = ['cuda', 'cpu'].map((device) => train(name, device));
    const [ours, theirs] = [cuda, cpu].map(lossesOf);
    const differences = ours.map((loss, i) => Math.abs(loss - theirs[i]));
    const furthest = Math.max(...differences);
    const good = ours.length > 0 && ours.length === theirs.length && furthest < 0.02;
    const ends = [ours, theirs].map((losses) => `${losses.at(0)?.toFixed(5)} → ${losses.at(-1)?.toFixed(5)}`);
    const times = [cuda, cpu].map(({ seconds }) => `${seconds.toFixed(1)} s`);
    console.log(
      `${good ? '✓' : '✗'} ${name}: loss on cuda ${ends[0]} (${times[0]}), on cpu ${ends[1]} (${times[1]}); ${ours.length} losses, furthest apart ${furthest.toExponential(1)}, first ${differences[0]?.toExponential(1)}`,
    );
    if (!good) process.exitCode = 1;
  } catch (error) {
    console.log(`✗ ${error.message}`);
    process.exitCode = 1;
  }
}
